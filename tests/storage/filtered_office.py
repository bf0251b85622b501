"""A small organisation that has everything a filter can be about."""

from collections.abc import Iterator
from dataclasses import dataclass

from keyturn_providers.records import AccountState
from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn

ON, OFF = AccountState.ACTIVE, AccountState.SUSPENDED


@dataclass(frozen=True)
class Human:
    """`d` and `s` are the states of the two accounts; `groups` are those somebody is put into."""

    name: str
    d: AccountState | None
    s: AccountState | None
    department: str
    groups: tuple[str, ...] = ()
    direct: tuple[str, ...] = ()
    title: str = "Finder"


PEOPLE = {
    "p1": Human("Ána O'Neil", ON, ON, "Finance", ("g1",)),
    "p2": Human("Bob % _", OFF, ON, "Finance EU", ("g2",), ("v1",)),
    "p3": Human("Ünal", None, OFF, "", ()),
    "p4": Human("ana ÅSE", ON, None, "straße", ("g1", "g2")),
    "p5": Human("Zoe", OFF, OFF, "Ops", (), ("v2",)),
}
INNER = {"g1": "g2"}
"""g1 is in g2."""
OPENS = {"g1": ("v1",), "g2": ("v2",), "g3": ("v2",)}
VAULTS = ("v1", "v2")
FINDINGS = (
    ("leaver still active", 0, "p2", "secrets/account/p2", "Bob % _", "secrets/vault/v1", 1),
    ("direct grant", 2, "p2", "secrets/account/p2", "Bob % _", "secrets/vault/v1", 2),
    ("renamed", 3, "p4", "directory/account/p4", "ana ÅSE", "", 3),
    ("membership not in directory", 1, "p5", "secrets/account/p5", "Zoe", "secrets/group/g2", 4),
    ("grant not in policy", 1, "", "secrets/group/g3", "g3 name", "secrets/vault/v2", 5),
)
RANKS = ("urgent", "high", "medium", "low")


def finding_in(number: int) -> FindingIn:
    """One of `FINDINGS`, as it is stored."""
    kind, rank, person, subject, name, about, _at = FINDINGS[number]
    about_name = f"{about.rpartition('/')[2]} name" if about else ""
    return FindingIn(
        f"{number + 1:012x}", kind, RANKS[rank], rank, "-", person, subject, name, about,
        about_name, "words", "{}",
    )  # fmt: skip


def people_in() -> Iterator[PersonIn]:
    """Everybody, as they are stored."""
    for key, human in PEOPLE.items():
        count = sum(f[2] == key for f in FINDINGS)
        yield PersonIn(
            key, human.name, key if human.d else None, key if human.s else None, "id",
            "-" if count else "=", 1 if count else 9, count,
        )  # fmt: skip


def links_in() -> Iterator[GroupLinkIn]:
    """Every group, as it is stored."""
    for group in OPENS:
        count = sum(f"secrets/group/{group}" in f for f in FINDINGS)
        yield GroupLinkIn(group, f"{group} name", group, group, True, "-" if count else "=", count)
