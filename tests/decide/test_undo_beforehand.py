"""What an undo would not bring back is said with the plan, before anything is done."""

from dataclasses import replace

from tests.decide.undoing import D1, ENG_THERE
from tests.decide.worlds import SUSPENDED, Org, office

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.order import Stage
from keyturn.decide.plan import operation_of, plan_of
from keyturn.decide.plans import GuardVerdict, Plan, PlanScope, Verdict
from keyturn.decide.undo import DIES_WITH_OWNER, not_undoable
from keyturn_providers.records import Push, PushState, Side

END = Change(ChangeKind.DEACTIVATE, Side.DIRECTORY, account=D1)


def plan(org: Org, *changes: Change, scope: PlanScope = PlanScope.OFFBOARD) -> Plan:
    operations = tuple(
        operation_of(
            org.world(),
            change,
            operation_id=f"o{number}",
            number=number,
            stage=Stage.GIVE,
            depends_on=(),
            also=(),
        )
        for number, change in enumerate(changes, start=1)
    )
    return plan_of(
        org.context(),
        scope,
        title="x",
        subject="d:d1",
        operations=operations,
        left=(),
        confirm_with="name-1",
    )


def test_sessions_ended_accounts_rules_and_what_dies_with_its_owner_are_named() -> None:
    org = office()
    pushed = Push(PushState.OK)
    org.directory.groups = [
        replace(one, rules=("All",), push=pushed) for one in org.directory.groups
    ]
    made = plan(
        org,
        Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=D1),
        Change(ChangeKind.END_ALL_SESSIONS, Side.DIRECTORY, account=D1),
        Change(ChangeKind.REMOVE_MEMBERSHIP, Side.DIRECTORY, account=D1, group=ENG_THERE),
        END,
    )
    guard = GuardVerdict(DIES_WITH_OWNER, Verdict.ASK, "x", names=("sync (token)",))
    said = [(one.words, one.reason) for one in not_undoable(replace(made, guards=(guard,)))]
    assert [words.partition(" Name")[0] for words, _ in said] == [
        "End all sessions of",
        "Remove",
        "Deactivate",
        "sync (token)",
    ]
    assert said[1][1].startswith("All puts members in eng: idp makes an exception of the rule")
    assert said[2][1].startswith("Reactivating later does not bring back")
    assert not_undoable(replace(made, scope=PlanScope.UNDO)) == ()


def test_who_is_suspended_already_would_come_back_on() -> None:
    org = office()
    assert len(not_undoable(plan(org, END))) == 1
    org.directory.change("d1", state=SUSPENDED)
    _, suspended = not_undoable(plan(org, END))
    assert suspended.reason == (
        "It is suspended now: an undo brings the account back on, waiting to be activated, and "
        "not suspended."
    )
    nobody = replace(END, account=replace(D1, id="gone"))
    assert len(not_undoable(plan(org, nobody))) == 1
