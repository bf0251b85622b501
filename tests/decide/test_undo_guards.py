"""What is asked before an undo lets somebody in again, and how it is counted."""

from dataclasses import replace

from tests.decide.undoing import (
    ADD,
    BOTH,
    D1,
    ENG,
    ENG_THERE,
    GROUP,
    OLD,
    PAY,
    PROD,
    REVOKE,
    S1,
    SUSPEND,
    kinds,
    undo,
)
from tests.decide.worlds import ACTIVE, DAY_MS, NOW_MS, SUSPENDED, Org, account, office

from keyturn.decide.before import NOT_READ, Before, before_of, kept
from keyturn.decide.concerned import login_of, one_person
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.guard import judge
from keyturn.decide.guards_of_return import GUARD, comes_back
from keyturn.decide.operations import word
from keyturn.decide.people import MatchedBy, Person
from keyturn.decide.plans import Operation, PlanScope, Verdict
from keyturn_providers.records import (
    AccountState,
    Group,
    Level,
    Side,
)


def asked(org: Org, *changes: Change) -> tuple[str, ...]:
    world = org.world()
    operations = tuple(_operation(org, change) for change in changes)
    assert world.now_ms == NOW_MS
    return comes_back(operations, org.context(), PlanScope.UNDO).names


def _operation(org: Org, change: Change) -> Operation:
    wording = word(org.world(), change)
    return Operation("op", 1, change, wording.words, wording.precondition, wording.expected)


def test_a_leaver_is_asked_about() -> None:
    org = office()
    back = replace(SUSPEND, kind=ChangeKind.REACTIVATE)
    there = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    assert asked(org, back) == ()
    org.directory.change("d1", state=SUSPENDED)
    assert asked(org, back) == ("Name 1 (off in idp)",)
    assert asked(org, there, back) == ()
    assert asked(org, there, replace(there, kind=ChangeKind.SUSPEND), back) == (
        "Name 1 (off in idp)",
    )
    org.directory.change("d1", state=AccountState.DEACTIVATED)
    assert asked(org, there) == ("Name 1 (whose account in idp had ended)",)
    assert asked(org, replace(there, account=None)) == ()
    org.directory.accounts.pop(0)
    assert asked(org, back) == ("Name 1 (whom the directory does not know)",)
    assert asked(org, replace(back, account=None)) == ("nobody (whom the directory does not know)",)


def test_a_membership_the_directory_does_not_say_is_asked_about() -> None:
    org = office()
    assert asked(org, ADD) == ()
    org.secrets.groups.append(Group("sg-old", "old"))
    assert asked(org, replace(ADD, group=OLD)) == ("Name 1 in old (the directory does not say so)",)
    org.directory.memberships.clear()
    assert asked(org, ADD) == ("Name 1 in eng (the directory does not say so)",)
    there = replace(ADD, side=Side.DIRECTORY, account=D1, group=ENG_THERE)
    assert asked(org, there, ADD) == ()
    assert asked(org, replace(ADD, account=None)) == ()


def test_a_grant_the_policy_does_not_have_is_asked_about() -> None:
    org = office()
    back = replace(REVOKE, kind=ChangeKind.RESTORE_GRANT)
    assert asked(org, back) == ("Name 1 on pay (write)",)
    of_group = replace(back, principal_kind=GROUP, principal=ENG, vaults=(PROD,))
    assert asked(org, of_group) == ()
    assert asked(org, replace(of_group, level=Level.MANAGE)) == ("eng on prod (manage)",)
    assert asked(org, replace(of_group, vaults=(PAY,))) == ("eng on pay (write)",)
    assert asked(org, replace(back, principal=None)) == ()
    assert asked(org, replace(back, level=None)) == ("Name 1 on pay (unknown)",)


def test_what_is_taken_back_from_one_person_counts_as_one() -> None:
    org = office()
    back = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    plan = undo(org, (back, Before(state=SUSPENDED)), removals_last_day=1000)
    verdicts = {one.guard: one.verdict for one in plan.guards}
    assert verdicts["removals: per day"] is Verdict.ASK
    assert verdicts["removals: count"] is Verdict.ALLOW
    org.directory.taken_ms = NOW_MS - DAY_MS
    plan = undo(org, (back, Before(state=SUSPENDED)))
    assert {one.guard: one.verdict for one in plan.guards}["fresh snapshots"] is Verdict.ASK


def test_an_undo_rests_on_no_listing() -> None:
    org = office()
    org.directory.broken.update(org.directory.keys())
    plan = undo(org, (ADD, Before(held=False)))
    assert kinds(plan) == [ChangeKind.REMOVE_MEMBERSHIP]
    verdicts = {one.guard: one.verdict for one in plan.guards}
    assert verdicts["complete listings"] is Verdict.ALLOW


def test_whom_a_plan_is_about() -> None:
    org = office()
    world = org.world()
    one, other = _operation(org, SUSPEND), _operation(org, replace(SUSPEND, account=D1))
    found = one_person(world, (one, other))
    assert found is not None
    assert login_of(found) == "d1.login"
    assert one_person(world, ()) is None
    stranger = replace(S1, id="nobody")
    assert one_person(world, (_operation(org, replace(SUSPEND, account=stranger)),)) is None
    third = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s3", "Name 3")
    assert one_person(world, (one, _operation(org, replace(SUSPEND, account=third)))) is None
    of_group = replace(REVOKE, principal_kind=GROUP, principal=ENG)
    assert one_person(world, (_operation(org, of_group),)) is None
    unnamed = account("s9", name=" ")
    alone = Person("s:s9", None, replace(unnamed, name=""), MatchedBy.NOTHING)
    assert login_of(alone) == "s9"
    assert login_of(Person("k", None, None, MatchedBy.NOTHING)) == "k"


def test_what_was_before_is_kept_of_the_first_call() -> None:
    first = Before(state=ACTIVE, role="manager", permissions=BOTH, held=True)
    plain = kept(first, {})
    assert kept(Before(state=SUSPENDED), {"before": plain}) == plain
    assert kept(first, {"before": {"odd": 1}}) == kept(NOT_READ, {})
    assert before_of("") == NOT_READ
    assert before_of("[1]") == NOT_READ
    assert before_of("{}") == NOT_READ


def test_every_guard_speaks_on_an_undo() -> None:
    org = office()
    want_names = {one.guard for one in judge((), org.context(), PlanScope.SYNC)}
    names = {one.guard for one in judge((), org.context(), PlanScope.UNDO)}
    assert names == want_names | {GUARD}
