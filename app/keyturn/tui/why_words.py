"""The lines of the Why strip: what a row means, from what the cache already knows."""

from collections.abc import Collection

from textual.content import Content

from keyturn.tui.access_rows import NOT_READ
from keyturn.tui.ages import age
from keyturn.tui.data import Behind, View
from keyturn.tui.safe import joined, literal
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line
from keyturn_storage.list_rows import FindingRow, GrantRow, GroupRow, PersonRow

STYLE = {
    "add": "$add", "remove": "$remove", "change": "$change", "unknown": "$unknown",
    "urgent": "bold $urgent", "dim": "$quiet",
}  # fmt: skip

SIDES = ("directory", "secrets")
SHORT_MS = 1000
"""What was first seen at the very moment shown has no age to speak of."""


def why_lines(
    about: object,
    view: View,
    behind: Behind,
    now_ms: int,
    *,
    read_only: bool,
    names: tuple[str, str],
) -> tuple[Line, ...]:
    """A plain sentence about the row in focus, then a line for each finding, urgent ones first.

    `names` are the directory's and the secret manager's. `view` is what the row's pane is
    narrowed to.
    """
    if isinstance(about, PersonRow):
        state = _person(about, names, behind.cut)
        if about.sign == "!" and not read_only:
            state = joined(state, "  ", ("o", "bold $accent"), (" offboards", "$quiet"))
    elif isinstance(about, GroupRow):
        state = _group(about, view, names)
    elif isinstance(about, GrantRow):
        state = _grant(about, view)
    else:
        return (Line(literal("Nothing is in focus.", "$quiet")),)
    ordered = sorted(behind.findings, key=lambda found: found.sign != "!")
    lines = (Line(state), *(_finding(found, now_ms) for found in ordered))
    more = behind.total - len(ordered)
    if more <= 0:
        return lines
    rest = joined((f"  and {more:,} more findings: ", "$quiet"), ("2", "bold $accent"),
                  (" has every one", "$quiet"))  # fmt: skip
    return (*lines, Line(rest, hang=2))


def _finding(found: FindingRow, now_ms: int) -> Line:
    style = STYLE[SIGN_ROLE.get(found.sign, "dim")]
    new = now_ms - found.since_ms < SHORT_MS
    since = f"  {found.kind}{'' if new else f', {age(found.since_ms, now_ms)}'}"
    return Line(joined((f"{found.sign} ", style), found.words, (since, "$quiet")), hang=2)


def _person(row: PersonRow, names: tuple[str, str], cut: Collection[str]) -> Content:
    here = _has(row.directory_state, known="directory" not in cut)
    there = _has(row.secrets_state, known="secrets" not in cut)
    both_known = NOT_READ not in (here, there)
    return joined(
        (row.name, "bold"),
        f": {here} in {names[0]}, {there} in {names[1]}.",
        "" if row.findings or not both_known else " In step.",
        (f"  {row.login}" if row.login and row.login != row.name else "", "$quiet"),
    )


def _has(state: str | None, *, known: bool) -> str:
    if state is None:
        return "no account" if known else NOT_READ
    return state


def _group(row: GroupRow, view: View, names: tuple[str, str]) -> Content:
    if view.person:
        member_of = (row.in_directory, row.in_secrets)
        sides = [name for name, member in zip(names, member_of, strict=True) if member]
        unread = [
            name
            for name, member, side in zip(names, member_of, SIDES, strict=True)
            if side in row.unread and not member
        ]
        none = "is not known to be a member" if unread else "is a member on no side"
        member = f"is a member in {' and in '.join(sides)}" if sides else none
        doubt = f" Not read to the end in {' and in '.join(unread)}." if unread else ""
        return joined((view.label, "bold"), f" {member} of ", (row.name, "bold"), ".", doubt)
    counts = (row.directory_members, row.secrets_members)
    said = [
        f"{_group_there(count, known=side not in row.unread)} in {name}"
        for name, count, side in zip(names, counts, SIDES, strict=True)
    ]
    return joined((row.name, "bold"), f": {', '.join(said)}.")


def _group_there(count: int | None, *, known: bool) -> str:
    if count is None:
        return "no such group" if known else NOT_READ
    return _so_many(count, "member", "members") if known else f"at least {count:,}"


def _so_many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _grant(row: GrantRow, view: View) -> Content:
    who = view.label if (view.person or view.group) else row.principal_name
    if row.openers is not None:
        openers = _so_many(row.openers, "person", "people")
        return joined((row.vault_name, "bold"), f": {openers} can open it.")
    if not row.carrier:
        return joined((who, "bold"), " should have ", (row.level, "bold"), " on ",
                      (row.vault_name, "bold"), ", and has not.")  # fmt: skip
    if view.group:
        return joined((view.label, "bold"), " may ", (row.level, "bold"), " in ",
                      (row.vault_name, "bold"), ".")  # fmt: skip
    path = "a direct grant" if row.via == "direct" else row.via
    return joined(
        (who, "bold"), " has ", (row.level, "bold"), " on ", (row.vault_name, "bold"),
        f" through {path}.",
        (f" {row.permissions}" if row.permissions else "", "$quiet"),
    )  # fmt: skip
