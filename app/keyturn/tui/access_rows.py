"""Rows of the three panes as lines of a list: which cell says what, in which role."""

import re
from collections.abc import Collection

from rich.cells import cell_len

from keyturn.tui.data import Pane
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.row_source import Row
from keyturn_storage.list_rows import GrantRow, GroupRow, PersonRow

NOTHING = "–"
EMPTY = {
    Pane.USERS: "No people. r reads both sources.",
    Pane.GROUPS: "No groups here.",
    Pane.GRANTS: "No vault grants here.",
}
READING = {
    Pane.USERS: "Reading both sources …",
    Pane.GROUPS: "Reading …",
    Pane.GRANTS: "Reading …",
}
"""What the panes say while there is nothing yet and it is being read."""


NOT_READ = "not read"
UNKNOWN = "?"
"""Whether somebody is a member, or how many are, of what was not read to its end: in a column of
numbers. "5+" are five that are known."""
_SHORT = {"onepassword": "1pass"}
"""How a column is headed by a source whose usual name is wider than what stands below it."""
_PARTS = re.compile(r"[-_. ]+")
WIDEST_HEAD = 7


def columns(pane: Pane, directory: str, secrets: str) -> tuple[Column, ...]:
    """The columns of a pane; the two sides are headed by the names of their sources."""
    directory, secrets = _SHORT.get(directory, directory), _SHORT.get(secrets, secrets)
    short = _short_heads(directory, secrets)
    if pane is Pane.USERS:
        return (
            Column("name", 18, 3, most=48),
            Column(directory, len("deactivated"), name="directory", short=short[0]),
            Column(secrets, len("suspended"), 2, most=len("deactivated"), name="secrets",
                   short=short[1]),
            Column("drift", 5, right=True, drop=1),
        )  # fmt: skip
    if pane is Pane.GROUPS:
        return (
            Column("name", 14, 1, most=40),
            _yes_or_count(directory, short[0], "directory"),
            _yes_or_count(secrets, short[1], "secrets"),
            Column("drift", 24, 2, drop=1, most=30),
        )  # fmt: skip
    return (
        Column("vault", 10, 3, most=40),
        Column("via", 8, 4, most=32),
        Column("may", 6),
        Column("drift", 20, 2, drop=1, most=30),
    )


def _short_heads(directory: str, secrets: str) -> tuple[str, str]:
    """Of both names the part that tells them apart: "okta" of "okta-production" beside another
    source's, "vault" of "acme-vault" beside "acme-okta"; nothing where no part does."""
    names = _PARTS.split(directory), _PARTS.split(secrets)
    for at in (0, -1):
        here, there = (_SHORT.get(parts[at], parts[at]) for parts in names)
        if here and there and here != there:
            return here, there
    return "", ""


def _yes_or_count(title: str, short: str, name: str) -> Column:
    """As wide as five digits, or as the head of the column up to seven cells."""
    head = title if cell_len(title) <= WIDEST_HEAD or not short else short
    least = max(5, min(WIDEST_HEAD, cell_len(head)))
    return Column(title, least, right=True, name=name, short=short)


def person_line(found: PersonRow, cut: Collection[str] = ()) -> Row:
    """A line of the Users pane. Of the sides in `cut` not every account is known."""
    here = _state(found.directory_state, known="directory" not in cut)
    there = _state(found.secrets_state, known="secrets" not in cut)
    return Row(
        found.no,
        found.sign,
        (
            found.name,
            here,
            there,
            str(found.findings) if found.findings else "",
        ),
        ("", _state_role(here), _state_role(there),
         SIGN_ROLE.get(found.sign, "")),
        label=found.name,
        about=found,
    )  # fmt: skip


def group_line(found: GroupRow, *, of_person: bool) -> Row:
    """A line of the Groups pane: counts, or with a person in focus whether that is a member. What
    was not read is neither."""
    sides = ("directory", "secrets")
    if of_person:
        member = (found.in_directory, found.in_secrets)
        cells = [
            "yes" if there else UNKNOWN if side in found.unread else NOTHING
            for side, there in zip(sides, member, strict=True)
        ]
    else:
        counts = (found.directory_members, found.secrets_members)
        cells = [
            _count(count, known=side not in found.unread)
            for side, count in zip(sides, counts, strict=True)
        ]
    roles = ["unknown" if cell == UNKNOWN else "" for cell in cells]
    in_doubt = "unknown" in roles if of_person else bool(found.unread)
    sign = "?" if in_doubt and found.sign == "=" else found.sign
    word = "" if found.sign == "=" else found.word
    return Row(
        found.no, sign, (found.name, *cells, word), ("", *roles, SIGN_ROLE.get(sign, "")),
        label=found.name, about=found,
    )  # fmt: skip


def grant_line(found: GrantRow) -> Row:
    """A line of the Vault grants pane: a path to a vault, or how many people can open it."""
    via = f"{found.openers} people" if found.openers is not None else found.via
    role = SIGN_ROLE.get(found.sign, "")
    word = "" if found.sign == "=" else found.word
    return Row(
        found.no, found.sign, (found.vault_name, via, found.level, word), ("", "dim", "", role),
        label=found.vault_name, about=found,
    )  # fmt: skip


def _count(members: int | None, *, known: bool) -> str:
    if members is None:
        return NOTHING if known else UNKNOWN
    return str(members) if known else f"{members}+"


def _state(state: str | None, *, known: bool) -> str:
    """One word; what a source itself says instead of one that is known is said by Why."""
    if state is None:
        return NOTHING if known else NOT_READ
    return state.partition(":")[0]


def _state_role(word: str) -> str:
    return {"active": "", "unknown": "unknown", NOT_READ: "unknown"}.get(word, "dim")
