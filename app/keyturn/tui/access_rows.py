"""Rows of the three panes as lines of a list: which cell says what, in which role."""

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


_SHORT = {"onepassword": "1pass"}
"""How a column is headed by a source whose usual name is wider than what stands below it."""


def columns(pane: Pane, directory: str, secrets: str) -> tuple[Column, ...]:
    """The columns of a pane; the two sides are headed by the names of their sources."""
    directory, secrets = _SHORT.get(directory, directory), _SHORT.get(secrets, secrets)
    if pane is Pane.USERS:
        return (
            Column("name", 18, 3, most=48),
            Column(directory, 9, 3, most=11, name="directory"),
            Column(secrets, 9, 2, most=11, name="secrets"),
            Column("drift", 5, right=True, drop=1),
        )
    if pane is Pane.GROUPS:
        return (
            Column("name", 14, 3, most=40),
            Column(directory, _yes_or_count(directory), right=True, name="directory"),
            Column(secrets, _yes_or_count(secrets), right=True, name="secrets"),
            Column("drift", 12, 3, drop=1, most=30),
        )
    return (
        Column("vault", 10, 3, most=40),
        Column("via", 8, 2, most=32),
        Column("may", 6),
        Column("drift", 12, 3, drop=1, most=30),
    )


def _yes_or_count(title: str) -> int:
    """As wide as five digits, or as the head of the column up to seven cells."""
    return max(5, min(7, cell_len(title)))


def person_line(found: PersonRow) -> Row:
    """A line of the Users pane."""
    return Row(
        found.no,
        found.sign,
        (
            found.name,
            found.directory_state or NOTHING,
            found.secrets_state or NOTHING,
            str(found.findings) if found.findings else "",
        ),
        ("", _state_role(found.directory_state), _state_role(found.secrets_state),
         SIGN_ROLE.get(found.sign, "")),
        label=found.name,
        about=found,
    )  # fmt: skip


def group_line(found: GroupRow, *, of_person: bool) -> Row:
    """A line of the Groups pane: counts, or with a person in focus whether that is a member."""
    if of_person:
        directory = "yes" if found.in_directory else NOTHING
        secrets = "yes" if found.in_secrets else NOTHING
    else:
        directory, secrets = _count(found.directory_members), _count(found.secrets_members)
    role = SIGN_ROLE.get(found.sign, "")
    word = "" if found.sign == "=" else found.word
    return Row(
        found.no, found.sign, (found.name, directory, secrets, word), ("", "", "", role),
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


def _count(members: int | None) -> str:
    return NOTHING if members is None else str(members)


def _state_role(state: str | None) -> str:
    return {"active": "", None: "dim", "unknown": "unknown"}.get(state, "dim")
