"""Every way in that the person had: what took it, what gave it back, and what the next reading says
of it."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.explain import access_paths
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.index import edge_of
from keyturn.decide.steps import State
from keyturn.evidence.moments import utc
from keyturn.evidence.pack_person import AccessTold
from keyturn.evidence.proof_words import is_good
from keyturn.evidence.readings import Reading
from keyturn.evidence.run_record import StepRecord
from keyturn.evidence.subject import Subject
from keyturn_providers.records import Collection, Level, Side, Snapshot

FROM_SNAPSHOT = "the snapshot that the plan rests on"
FROM_PLAN = (
    "the plan's own operations: the snapshot it rests on is not in the cache any more, so what the "
    "plan did not change is not listed"
)
FROM_CASE = "what the case kept before the cut, as it was read at {at}"
_CUTS = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE})


@dataclass(frozen=True, slots=True)
class Done:
    """A step with the number of its run and its label."""

    run: int
    label: str
    step: StepRecord

    @property
    def change(self) -> Change:
        return self.step.operation.change


@dataclass(frozen=True, slots=True)
class Found:
    """What one run has of a source: whom it is about, as its plan's snapshots had them. `held` is
    what the case kept, where the snapshot is gone."""

    run: int
    subject: Subject
    held: BlastRadius | None = None


def access_of(
    side: Side, found: Sequence[Found], steps: Sequence[Done], later: Reading | None
) -> tuple[AccessTold, ...]:
    """The memberships and grants of the person in one source before the runs, and what became of
    each. `found` are the runs, oldest first, and `steps` all that they did in this source, in that
    order. What only a later run's plan found comes after what the first one did."""
    ids = {id_ for one in found for id_ in one.subject.ids.get(side, ())}
    mine = tuple(one for one in steps if one.change.kind.removes or _gives_to(one.change, ids))
    rows: list[AccessTold] = []
    known: set[tuple[str, ...]] = set()
    for one in found:
        every = [(_key(row), row) for row in _found(side, one, mine, later)]
        rows += (replace(row, found_by=one.run) for key, row in every if key not in known)
        known |= {key for key, _ in every}
    return (*rows, *_only_planned(side, rows, mine, later))


def _key(row: AccessTold) -> tuple[str, ...]:
    return (row.kind, row.id, row.via, row.level, row.step or "")


def _gives_to(change: Change, ids: Container[str]) -> bool:
    """Whether something is given to the person, and not to whoever takes it over. What is restored
    by its carrier names nobody, and was theirs."""
    ref = change.account or change.principal
    return ref is None or ref.id in ids


def _found(
    side: Side, one: Found, steps: Sequence[Done], later: Reading | None
) -> Iterator[AccessTold]:
    yield from _groups(side, one.subject, steps, later)
    if side is Side.SECRETS:
        yield from _vaults(one.subject, steps, later)
    if one.held is not None and one.subject.world is None:
        yield from _kept(side, one.held, steps)


def _groups(
    side: Side, subject: Subject, steps: Sequence[Done], later: Reading | None
) -> Iterator[AccessTold]:
    if subject.world is None:
        return
    indexed = subject.world.side(side)
    for account_id in sorted(subject.ids.get(side, ())) if subject.person else ():
        for group_id in indexed.groups_of.get(account_id, ()):
            yield _row(
                "group", indexed.group_name(group_id), group_id, "member", "direct",
                _of_group(steps, group_id), steps, _member_later(later, group_id, account_id),
            )  # fmt: skip


def _vaults(subject: Subject, steps: Sequence[Done], later: Reading | None) -> Iterator[AccessTold]:
    if subject.world is None or subject.person is None or subject.person.secrets is None:
        return
    account_id = subject.person.secrets.id
    for path in access_paths(subject.world, subject.person):
        if path.groups:
            mine = _of_group(steps, path.group_ids[0])
            seen = _member_later(later, path.group_ids[0], account_id)
        else:
            mine = _of_grant(steps, path.vault_id, path.carrier)
            seen = _grant_later(later, path.vault_id, path.carrier)
        yield _row(
            "vault", path.vault_name, path.vault_id, path.level.value, path.via, mine, steps, seen
        )


def _kept(side: Side, held: BlastRadius, steps: Sequence[Done]) -> Iterator[AccessTold]:
    """What the case kept. What a later reading says of it is told by what the plan took alone."""
    ids: dict[str, str] = {}
    for group in held.groups:
        ids.setdefault(group.name, group.id)
        if group.side is side:
            mine = () if group.via else _of_group(steps, group.id)
            via = " > ".join(group.via) or "direct"
            yield _row("group", group.name, group.id, "member", via, mine, steps, None)
    for vault in held.vaults if side is Side.SECRETS else ():
        for path in vault.paths:
            group_id = ids.get(path.via.partition(" > ")[0], "")
            mine = (
                _of_grant(steps, vault.id, path.carrier)
                if path.direct
                else _of_group(steps, group_id)
            )
            yield _row("vault", vault.name, vault.id, path.level.value, path.via, mine, steps, None)


def _only_planned(
    side: Side, rows: Iterable[AccessTold], steps: Sequence[Done], later: Reading | None
) -> Iterator[AccessTold]:
    """What a plan took that is in no snapshot: read live, or the snapshot is gone."""
    shown = {(row.kind, row.id, row.step) for row in rows}
    told: dict[tuple[str, str, str], AccessTold] = {}
    for one in steps:
        change = one.change
        if change.kind is ChangeKind.REMOVE_MEMBERSHIP and change.group is not None:
            account_id = change.account.id if change.account else ""
            mine = _of_group(steps, change.group.id)
            row = _row(
                "group", change.group.name, change.group.id, "member", "direct", mine, steps,
                _member_later(later, change.group.id, account_id),
            )  # fmt: skip
            if ("group", row.id, row.step) not in shown:
                told.setdefault(("group", row.id, ""), replace(row, found_by=one.run))
        if change.kind is ChangeKind.REVOKE and side is Side.SECRETS:
            level = (change.level or Level.UNKNOWN).value
            for vault in change.vaults:
                mine = _of_grant(steps, vault.id, change.carrier)
                row = _row(
                    "vault", vault.name, vault.id, level, "direct", mine, steps,
                    _grant_later(later, vault.id, change.carrier),
                )  # fmt: skip
                if ("vault", row.id, row.step) not in shown:
                    told.setdefault(
                        ("vault", row.id, change.carrier), replace(row, found_by=one.run)
                    )
    yield from told.values()


def _of_group(steps: Sequence[Done], group_id: str) -> tuple[Done, ...]:
    """The steps that took a person out of a group, or back in."""
    return tuple(
        one
        for one in steps
        if one.change.kind in {ChangeKind.REMOVE_MEMBERSHIP, ChangeKind.ADD_MEMBERSHIP}
        and one.change.group is not None
        and one.change.group.id == group_id
    )


def _of_grant(steps: Sequence[Done], vault_id: str, carrier: str) -> tuple[Done, ...]:
    """The steps that took a grant, or gave it back: by its carrier, or anew on the same vault."""
    return tuple(one for one in steps if _is_of_grant(one.change, vault_id, carrier))


def _is_of_grant(change: Change, vault_id: str, carrier: str) -> bool:
    edge = edge_of(carrier)
    match change.kind:
        case ChangeKind.REVOKE | ChangeKind.RESTORE_GRANT:
            return edge_of(change.carrier) == edge
        case ChangeKind.END_SESSION:
            return edge == f"token/{change.session_id}"
        case ChangeKind.GRANT:
            return any(vault.id == vault_id for vault in change.vaults)
        case _:
            return False


def _row(
    kind: str,
    name: str,
    id_: str,
    level: str,
    via: str,
    mine: Sequence[Done],
    steps: Sequence[Done],
    later: str | None,
) -> AccessTold:
    took = next((one for one in reversed(mine) if one.change.kind.removes), None)
    label = took.label if took is not None else None
    return AccessTold(kind, name, id_, level, via, label, _after(mine, steps), later)


def _after(mine: Sequence[Done], steps: Sequence[Done]) -> str:
    """What became of it by the last step about it that may have done anything, else by the last
    that shut or opened the account."""
    last = _last(mine)
    if last is not None:
        taken = last.change.kind.removes
        if not taken:
            return f"PUT BACK by step {last.label}: {_state(last)}"
        if _verified(last) is None:
            return f"NOT PROVEN: {_state(last)}"
        return f"taken, verified {_verified(last)}"
    account = _last(tuple(x for x in steps if x.change.kind in {*_CUTS, ChangeKind.REACTIVATE}))
    if account is not None and account.change.kind in _CUTS:
        if is_good(account.step.verdict):
            return f"not taken; opens nothing while step {account.label} holds"
        return f"NOT PROVEN: not taken, and step {account.label} is not proven"
    if account is not None:
        return f"OPEN: not taken, and step {account.label} brought the account back"
    return "not changed by this run"


def _last(steps: Sequence[Done]) -> Done | None:
    """The last step; one of an undo only if it may have done anything, and a later one that found
    nothing to take, since an earlier one had taken it, leaves that one standing."""
    found: Done | None = None
    for one in steps:
        state = State(one.step.state)
        if not one.change.kind.removes and state in {State.PLANNED, State.REFUSED}:
            continue
        if not (
            found is not None
            and found.change.kind.removes
            and is_good(found.step.verdict)
            and state is State.VERIFIED
            and one.step.intent is None
        ):
            found = one
    return found


def _verified(one: Done) -> str | None:
    concluded = one.step.concluded
    good = concluded is not None and is_good(one.step.verdict)
    return utc(concluded.at_ms) if concluded is not None and good else None


def _state(one: Done) -> str:
    return one.step.verdict or one.step.state.replace("_", " ")


def _member_later(later: Reading | None, group_id: str, account_id: str) -> str | None:
    snapshot = later.snapshot if later else None
    if snapshot is None:
        return None
    there = any(
        one.group_id == group_id and one.member_id == account_id for one in snapshot.memberships
    )
    return _seen(snapshot, there, Collection.MEMBERSHIPS, group_id)


def _grant_later(later: Reading | None, vault_id: str, carrier: str) -> str | None:
    snapshot = later.snapshot if later else None
    if snapshot is None:
        return None
    there = any(one.vault_id == vault_id and one.carrier == carrier for one in snapshot.grants)
    return _seen(snapshot, there, Collection.GRANTS, vault_id)


def _seen(snapshot: Snapshot, there: bool, collection: Collection, parent_id: str) -> str:
    at = utc(snapshot.taken_ms)
    if there:
        return f"there at {at}"
    whole = any(
        one.complete and one.collection is collection and one.parent_id == parent_id
        for one in snapshot.listings
    )
    return f"not there at {at}" if whole else f"not known at {at}: the listing was not complete"
