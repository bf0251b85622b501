"""How a finding is made: its stable id, and a remedy only where nothing speaks against one."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from keyturn.decide.doubt import not_read
from keyturn.decide.findings import Change, Finding, Ref
from keyturn.decide.names import listed
from keyturn.decide.proof import directory_not_whole, refresh_first
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World


@dataclass(frozen=True, slots=True)
class Remedy:
    """The changes that mend a finding, or in words who can and why keyturn does not."""

    changes: tuple[Change, ...] = ()
    words: str = ""


def by_hand(words: str) -> Remedy:
    """A remedy that keyturn cannot or may not carry out."""
    return Remedy((), words)


def remedy(
    world: World, changes: Iterable[Change], *, missing: Iterable[str] = (), against: str = ""
) -> Remedy:
    """`changes`, unless something speaks against them: `against` says so in words, a listing in
    `missing` is incomplete (for a removal: any of the directory), an account may be several people
    or could not be read, or the policy names an object by an id that bears another name."""
    wanted = tuple(changes)
    missing = tuple(missing)
    if against:
        return by_hand(against)
    for change in wanted:
        account = change.account
        holder = change.principal
        for ref in (account, holder):
            if ref is not None and world.is_ambiguous(ref.side, ref.id):
                return by_hand(
                    f"{ref.name} could be more than one person: settle it with an alias in the "
                    "policy first."
                )
            if unread := not_read(world, ref):
                return by_hand(refresh_first((unread,)))
        for ref in (change.group, holder, *change.vaults):
            if world.is_disputed(ref) and ref is not None:
                return by_hand(
                    f"The policy names {ref.name} by an id and a name that do not agree: correct "
                    "the policy first."
                )
    if any(change.kind.removes for change in wanted):
        missing = tuple(dict.fromkeys((*missing, *directory_not_whole(world))))
    if missing:
        return by_hand(refresh_first(missing))
    return Remedy(wanted)


def finding_id(kind: DriftKind, subject: Ref, of: Ref | None = None, part: str = "") -> str:
    """12 hex digits that are the same for the same drift in every snapshot. Names are left out:
    a rename is not new drift."""
    text = "\x00".join(
        [
            kind.value,
            *((subject.side.value, subject.kind.value, subject.id)),
            *((of.side.value, of.kind.value, of.id) if of else ("", "", "")),
            part,
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def finding(
    kind: DriftKind,
    severity: Severity,
    subject: Ref,
    words: str,
    mend: Remedy,
    *,
    of: Ref | None = None,
    person: str = "",
    path: str = "",
    policy_line: int = 0,
    part: str = "",
    unread: tuple[str, ...] = (),
) -> Finding:
    """A finding with its stable id. `part` tells apart several of one kind, subject and object.
    `unread` are the listings in which what it misses could be (see `unproven`): the words say so.
    """
    return Finding(
        id=finding_id(kind, subject, of, part),
        kind=kind,
        severity=severity,
        subject=subject,
        words=f"{words} It may not be so: {listed(unread)}." if unread else words,
        object=of,
        person=person,
        path=path,
        remedy=mend.changes,
        remedy_words=mend.words,
        policy_line=policy_line,
        unread=unread,
    )
