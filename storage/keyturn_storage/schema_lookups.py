"""The journal's indexes for the entries of one run, of one case, and of one kind of note, as its
fifth step: a chain of years is not read through for each of them.
"""

from keyturn_storage.migrations import Migration


def _in_line(name: str) -> str:
    """A field of an entry's line; null where the line was damaged and is no JSON any more."""
    return f"case when json_valid(line) then json_extract(line, '$.{name}') end"


RUN, CASE, NOTE = _in_line("run"), _in_line("case"), _in_line("what")
"""Part of a migration: never edited. SQLite uses the indexes for exactly these words."""

LOOKUPS = Migration(
    "0005 what entries are found by",
    (
        f"create index entry_run on entry ({RUN}) where {RUN} is not null",
        f"create index entry_case on entry ({CASE}) where {CASE} is not null",
        f"create index entry_note on entry ({NOTE}) where {NOTE} is not null",
    ),
)
