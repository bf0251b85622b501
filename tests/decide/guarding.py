"""Changes and crowds to judge, and what every guard says of them."""

from dataclasses import replace

from tests.decide.worlds import Org, office

from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.guard import judge
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn.decide.rules import Limits
from keyturn_providers.records import (
    Level,
    PrincipalKind,
    Side,
)

ALLOW, ASK, REFUSE = Verdict.ALLOW, Verdict.ASK, Verdict.REFUSE


D, S = Side.DIRECTORY, Side.SECRETS


def ref(kind: ObjectKind, object_id: str, side: Side = S) -> Ref:
    return Ref(side, kind, object_id, object_id)


def suspend(account_id: str, side: Side = S) -> Change:
    return Change(ChangeKind.SUSPEND, side, account=ref(ObjectKind.ACCOUNT, account_id, side))


def leave(account_id: str, group_id: str) -> Change:
    return Change(
        ChangeKind.REMOVE_MEMBERSHIP,
        S,
        account=ref(ObjectKind.ACCOUNT, account_id),
        group=ref(ObjectKind.GROUP, group_id),
    )


def join(account_id: str, group_id: str) -> Change:
    return replace(leave(account_id, group_id), kind=ChangeKind.ADD_MEMBERSHIP)


def revoke(holder: str, carrier: str, *vaults: str) -> Change:
    group = holder.startswith("sg")
    return Change(
        ChangeKind.REVOKE,
        S,
        principal_kind=PrincipalKind.GROUP if group else PrincipalKind.ACCOUNT,
        principal=ref(ObjectKind.GROUP if group else ObjectKind.ACCOUNT, holder),
        vaults=tuple(ref(ObjectKind.VAULT, v) for v in vaults),
        level=Level.READ,
        carrier=carrier,
    )


def end(account_id: str, session_id: str) -> Change:
    return Change(
        ChangeKind.END_SESSION,
        S,
        account=ref(ObjectKind.ACCOUNT, account_id),
        session_id=session_id,
    )


def operations_of(changes: tuple[Change, ...]) -> tuple[Operation, ...]:
    return tuple(
        Operation(f"op-{i}", i, change, change.kind.value, "", "")
        for i, change in enumerate(changes, 1)
    )


def verdicts(
    context: PlanContext, *changes: Change, scope: PlanScope = PlanScope.SYNC
) -> dict[str, GuardVerdict]:
    return {v.guard: v for v in judge(operations_of(changes), context, scope)}


def limit_to(org: Org, **limits: float) -> None:
    org.rules = replace(org.rules, limits=replace(Limits(), **limits))  # type: ignore[arg-type]  # by name


def crowd(number: int) -> Org:
    org = office()
    for i in range(10, 10 + number):
        org.person(i)
    return org


ONE_OF_EACH: dict[ChangeKind, Change] = {
    ChangeKind.SUSPEND: suspend("s1"),
    ChangeKind.REACTIVATE: replace(suspend("s1"), kind=ChangeKind.REACTIVATE),
    ChangeKind.END_SESSION: end("s1", "T"),
    ChangeKind.ADD_MEMBERSHIP: join("s1", "sg-ops"),
    ChangeKind.REMOVE_MEMBERSHIP: leave("s1", "sg-eng"),
    ChangeKind.GRANT: replace(revoke("s1", "", "v-pay"), kind=ChangeKind.GRANT),
    ChangeKind.REVOKE: revoke("s1", "c", "v-pay"),
    ChangeKind.RESTORE_GRANT: replace(revoke("s1", "c", "v-pay"), kind=ChangeKind.RESTORE_GRANT),
    ChangeKind.DEACTIVATE: replace(suspend("d1", D), kind=ChangeKind.DEACTIVATE),
    ChangeKind.END_ALL_SESSIONS: replace(suspend("d1", D), kind=ChangeKind.END_ALL_SESSIONS),
    ChangeKind.PROVISION: Change(
        ChangeKind.PROVISION, S, account=suspend("d1", D).account, email="one@x.example"
    ),
    ChangeKind.CONFIRM: replace(suspend("s1"), kind=ChangeKind.CONFIRM),
    ChangeKind.NARROW: replace(
        revoke("s1", "c", "v-pay"), kind=ChangeKind.NARROW, level=Level.READ, permissions=("view",)
    ),
}
