"""Every way in that the person had: what took it, and what the next reading says of it."""

from collections.abc import Iterator, Sequence

from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.explain import access_paths
from keyturn.decide.findings import ChangeKind
from keyturn.decide.index import edge_of
from keyturn.evidence.moments import utc
from keyturn.evidence.pack import AccessTold
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


def access_of(
    side: Side,
    subject: Subject,
    steps: Sequence[StepRecord],
    later: Reading | None,
    held: BlastRadius | None = None,
) -> tuple[AccessTold, ...]:
    """The memberships and grants of the person in one source before the run, and what became of
    each. `steps` are those of this source; `held` is what the case kept, where the snapshot is
    gone."""
    rows = [*_groups(side, subject, steps, later)]
    if side is Side.SECRETS:
        rows += _vaults(subject, steps, later)
    if held is not None and subject.world is None:
        rows += _kept(side, held, steps)
    return (*rows, *_only_planned(side, rows, steps, later))


def _groups(
    side: Side, subject: Subject, steps: Sequence[StepRecord], later: Reading | None
) -> Iterator[AccessTold]:
    if subject.world is None:
        return
    indexed = subject.world.side(side)
    for account_id in sorted(subject.ids.get(side, ())) if subject.person else ():
        for group_id in indexed.groups_of.get(account_id, ()):
            step = _removing(steps, group_id)
            yield AccessTold(
                kind="group",
                name=indexed.group_name(group_id),
                id=group_id,
                level="member",
                via="direct",
                step=step.operation.number if step else None,
                after=_after(step, steps),
                seen_later=_member_later(later, group_id, account_id),
            )


def _vaults(
    subject: Subject, steps: Sequence[StepRecord], later: Reading | None
) -> Iterator[AccessTold]:
    if subject.world is None or subject.person is None or subject.person.secrets is None:
        return
    account_id = subject.person.secrets.id
    for path in access_paths(subject.world, subject.person):
        step = (
            _removing(steps, path.group_ids[0]) if path.groups else _revoking(steps, path.carrier)
        )
        yield AccessTold(
            kind="vault",
            name=path.vault_name,
            id=path.vault_id,
            level=path.level.value,
            via=path.via,
            step=step.operation.number if step else None,
            after=_after(step, steps),
            seen_later=_member_later(later, path.group_ids[0], account_id)
            if path.groups
            else _grant_later(later, path.vault_id, path.carrier),
        )


def _kept(side: Side, held: BlastRadius, steps: Sequence[StepRecord]) -> Iterator[AccessTold]:
    """What the case kept. What a later reading says of it is told by what the plan took alone."""
    ids: dict[str, str] = {}
    for group in held.groups:
        ids.setdefault(group.name, group.id)
        if group.side is side:
            step = None if group.via else _removing(steps, group.id)
            yield AccessTold(
                "group", group.name, group.id, "member", " > ".join(group.via) or "direct",
                step.operation.number if step else None, _after(step, steps), None,
            )  # fmt: skip
    for vault in held.vaults if side is Side.SECRETS else ():
        for path in vault.paths:
            group_id = ids.get(path.via.partition(" > ")[0], "")
            step = _revoking(steps, path.carrier) if path.direct else _removing(steps, group_id)
            yield AccessTold(
                "vault", vault.name, vault.id, path.level.value, path.via,
                step.operation.number if step else None, _after(step, steps), None,
            )  # fmt: skip


def _only_planned(
    side: Side, rows: list[AccessTold], steps: Sequence[StepRecord], later: Reading | None
) -> Iterator[AccessTold]:
    """What the plan took that is not in the snapshot: read live, or the snapshot is gone."""
    shown = {(row.kind, row.id, row.step) for row in rows}
    for step in steps:
        change, number = step.operation.change, step.operation.number
        if change.kind is ChangeKind.REMOVE_MEMBERSHIP and change.group is not None:
            account_id = change.account.id if change.account else ""
            if ("group", change.group.id, number) not in shown:
                yield AccessTold(
                    "group", change.group.name, change.group.id, "member", "direct", number,
                    _after(step, steps), _member_later(later, change.group.id, account_id),
                )  # fmt: skip
        if change.kind is ChangeKind.REVOKE and side is Side.SECRETS:
            level = (change.level or Level.UNKNOWN).value
            for vault in change.vaults:
                if ("vault", vault.id, number) not in shown:
                    yield AccessTold(
                        "vault", vault.name, vault.id, level, "direct", number,
                        _after(step, steps), _grant_later(later, vault.id, change.carrier),
                    )  # fmt: skip


def _removing(steps: Sequence[StepRecord], group_id: str) -> StepRecord | None:
    for step in steps:
        change = step.operation.change
        left = change.group.id if change.group else ""
        if change.kind is ChangeKind.REMOVE_MEMBERSHIP and left == group_id:
            return step
    return None


def _revoking(steps: Sequence[StepRecord], carrier: str) -> StepRecord | None:
    for step in steps:
        change = step.operation.change
        if change.kind is ChangeKind.REVOKE and edge_of(change.carrier) == edge_of(carrier):
            return step
        if (
            change.kind is ChangeKind.END_SESSION
            and edge_of(carrier) == f"token/{change.session_id}"
        ):
            return step
    return None


def _after(step: StepRecord | None, steps: Sequence[StepRecord]) -> str:
    if step is not None:
        concluded = step.concluded
        if concluded is not None and is_good(step.verdict):
            return f"taken, verified {utc(concluded.at_ms)}"
        return f"NOT PROVEN: {step.verdict or step.state.replace('_', ' ')}"
    for one in steps:
        if one.operation.change.kind in _CUTS:
            if is_good(one.verdict):
                return f"not taken; opens nothing while step {one.operation.number} holds"
            return f"NOT PROVEN: not taken, and step {one.operation.number} is not proven"
    return "not changed by this run"


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
