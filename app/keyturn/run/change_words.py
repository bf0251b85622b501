"""Differences between two reads, in words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from keyturn_providers.records import Grant
from keyturn_storage import codec
from keyturn_storage.codec import ObjectNo
from keyturn_storage.queries.changes import Change, How, ObjectThen, What
from keyturn_storage.queries.reach import ReachChange

NOTHING = "nothing"
_ACCOUNT = (
    "login", "name", "state", "state as the source says", "kind", "addresses", "external id",
    "title", "department", "manager", "roles",
)  # fmt: skip
_FIELDS: dict[What, tuple[tuple[int, str], ...]] = {
    What.ACCOUNT: tuple(enumerate(_ACCOUNT)),
    What.GROUP: ((0, "name"), (1, "external id"), (2, "managed by"), (3, "rules")),
    What.VAULT: ((0, "name"), (1, "kind"), (2, "description")),
    What.MACHINE: (
        (0, "name"), (1, "kind"), (2, "owner"), (3, "made"), (4, "expires"), (6, "note"),
        (7, "scopes"), (8, "ends with its owner"),
    ),
}  # fmt: skip
_PUSH = {What.ACCOUNT: 13, What.GROUP: 4}
HEADS = {
    What.ACCOUNT: "Accounts",
    What.MEMBERSHIP: "Memberships",
    What.GRANT: "Grants",
    What.GROUP: "Groups",
    What.VAULT: "Vaults",
    What.MACHINE: "Machine identities",
}
REACH_HEAD = "Who can open what"


@dataclass(frozen=True, slots=True)
class Told:
    """A difference as it is shown: its sign, whom and what it is about, and what happened."""

    sign: str
    subject: str
    object: str
    words: str


def told(change: Change) -> Told:
    """One difference in words."""
    subject = name_of(change.subject)
    about = "" if change.object is None else name_of(change.object)
    if change.what is What.MEMBERSHIP:
        member = "the group " if change.subject.kind is ObjectNo.GROUP else ""
        words = "joined" if change.how is How.APPEARED else "left"
        return Told(change.how.value, f"{member}{subject}", about, words)
    if change.what is What.GRANT:
        return Told(change.how.value, subject, about, _grant_words(change))
    if change.how is How.CHANGED:
        return Told("~", subject, about, "; ".join(_fields(change)))
    words = _what_it_is(change)
    return Told(change.how.value, subject, about, words)


def told_reach(change: ReachChange) -> Told:
    """One difference in what somebody can open."""
    account, vault = name_of(change.account), name_of(change.vault)
    if change.before is None and change.after is not None:
        return Told("+", account, vault, f"now: {change.after.value}")
    if change.before is not None and change.after is None:
        return Told("-", account, vault, f"no longer; was {change.before.value}")
    before = change.before.value if change.before else NOTHING
    after = change.after.value if change.after else NOTHING
    return Told("~", account, vault, f"{before} → {after}")


def name_of(thing: ObjectThen) -> str:
    """What it was last called; its id where it was never listed."""
    if not thing.body:
        return thing.id
    fields = json.loads(thing.body)
    name = (fields[1] or fields[0]) if thing.kind is ObjectNo.ACCOUNT else fields[0]
    return str(name or thing.id)


def _what_it_is(change: Change) -> str:
    fields = json.loads(change.after or change.before)
    there = "appeared" if change.how is How.APPEARED else "is gone"
    if change.what is What.ACCOUNT:
        was = "" if change.how is How.APPEARED else "was "
        return f"{there}; {was}{fields[2]}, login {fields[0]}"
    if change.what is What.MACHINE:
        return f"{there}; {fields[1]}"
    return there


def _grant_words(change: Change) -> str:
    before = _grant(change, change.before)
    after = _grant(change, change.after)
    if before is None:
        return f"granted {after.level.value}{_by(change)}" if after else "granted"
    if after is None:
        return f"{before.level.value} taken away{_by(change)}"
    parts: list[str] = []
    if before.level is not after.level:
        parts.append(f"{before.level.value} → {after.level.value}")
    more = sorted(set(after.permissions) - set(before.permissions))
    less = sorted(set(before.permissions) - set(after.permissions))
    if more:
        parts.append(f"+ {', '.join(more)}")
    if less:
        parts.append(f"- {', '.join(less)}")
    if (before.principal_kind, before.principal_id) != (after.principal_kind, after.principal_id):
        parts.append("is another's now")
    return "; ".join(parts or ["its note or whether it can be revoked changed"]) + _by(change)


def _by(change: Change) -> str:
    return " to the group" if change.subject.kind is ObjectNo.GROUP else ""


def _grant(change: Change, body: str) -> Grant | None:
    if not body or change.object is None:
        return None
    return codec.grant(change.object.id, change.carrier, body)


def _fields(change: Change) -> Iterator[str]:
    before, after = json.loads(change.before), json.loads(change.after)
    for place, name in _FIELDS[change.what]:
        old, new = _at(before, place), _at(after, place)
        # What the source itself calls the state is told where it says more than the state does.
        if old != new and not (place == 3 and _at(before, 2) != _at(after, 2)):
            yield f"{name}: {_shown(old)} → {_shown(new)}"
    push = _PUSH.get(change.what)
    if push is not None:
        old, new = _push_state(before, push), _push_state(after, push)
        if old != new:
            yield f"push: {old} → {new}"


def _at(fields: list[object], place: int) -> object:
    return fields[place] if place < len(fields) else None


def _push_state(fields: list[object], place: int) -> str:
    push = _at(fields, place)
    return str(push[0]) if isinstance(push, list) and push else "none"


def _shown(value: object) -> str:
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, list):
        return ", ".join(str(one[0]) if isinstance(one, list) and one else str(one)
                         for one in value)  # fmt: skip
    return str(value)
