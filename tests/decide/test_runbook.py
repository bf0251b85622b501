"""The order in which somebody is put out where the sources can do all of it, and its guards."""

from dataclasses import replace

import pytest
from tests.decide.worlds import ACTIVE, SUSPENDED, Org, office

from keyturn.decide.findings import ChangeKind
from keyturn.decide.order import STAGE_TITLES, Stage
from keyturn.decide.plan import plan_offboard
from keyturn.decide.plans import GuardVerdict, Plan, Verdict
from keyturn.decide.rules import Allowed
from keyturn_providers.records import (
    AccountState,
    Collection,
    Group,
    Level,
    MachineIdentity,
    Push,
    PushState,
    Session,
    Side,
)

DEACTIVATED = AccountState.DEACTIVATED
EVERYTHING = Allowed(deactivate=True)


def leaver() -> Org:
    """Person 1 with a direct grant and a local group; the directory pushes eng."""
    org = office()
    org.rules = replace(org.rules, allowed=EVERYTHING)
    org.secrets.groups.append(Group("sg-old", "old"))
    org.secrets.join("sg-old", "s1")
    org.direct_grant(1, "pay", Level.WRITE)
    push(org, PushState.OK)
    return org


def push(org: Org, state: PushState, raw: str = "", **more: object) -> None:
    org.directory.groups = [
        replace(one, push=Push(state, raw), **more) if one.id == "dg-eng" else one  # type: ignore[arg-type]  # by name
        for one in org.directory.groups
    ]


def offboard(org: Org, **more: object) -> Plan:
    sessions = (Session("T1", "s1"),)
    return plan_offboard(org.who("d:d1"), sessions, org.context(**more))


def guard(plan: Plan, name: str) -> GuardVerdict:
    (found,) = (one for one in plan.guards if one.guard == name)
    return found


def left(plan: Plan) -> dict[str, str]:
    return {one.words: one.reason for one in plan.left_alone}


def test_the_runbook_from_the_outside_inwards_and_the_account_last() -> None:
    plan = offboard(leaver())
    assert [o.words for o in plan.operations] == [
        "Suspend Name 1 (d1.login) in idp",
        "End all sessions of Name 1 (d1.login) in idp",
        "Suspend Name 1 (s1.login) in bao",
        "End session T1 of Name 1 (s1.login) in bao",
        "Remove Name 1 (d1.login) from eng in idp",
        "Remove Name 1 (s1.login) from old in bao",
        "Revoke s1/policy/pay-write from Name 1 (opens pay) in bao",
        "Deactivate Name 1 (d1.login) in idp",
    ]
    *others, last = plan.operations
    assert set(last.depends_on) == {o.id for o in others}
    assert all(not o.depends_on for o in others)
    assert [o.stage for o in plan.operations] == sorted(o.stage for o in plan.operations)
    assert STAGE_TITLES[Stage(last.stage)] == "End the account's life"
    assert last.inverse is not None
    assert last.inverse.kind is ChangeKind.REACTIVATE
    assert "does not bring back" in last.also[0]
    ended = plan.operations[1]
    assert "audit log is the only proof" in ended.expected
    assert (ended.inverse, bool(ended.irreversible)) == (None, True)
    assert not plan.refused


def test_deactivating_is_off_unless_the_policy_turns_it_on() -> None:
    org = leaver()
    org.rules = replace(org.rules, allowed=Allowed())
    plan = offboard(org)
    assert ChangeKind.DEACTIVATE not in {o.change.kind for o in plan.operations}
    assert "off: deactivate" in left(plan)["Deactivate Name 1 (d1.login) in idp"]


def test_a_directory_that_cannot_deactivate_is_not_asked_to() -> None:
    plan = offboard(
        leaver(), abilities={Side.DIRECTORY: frozenset({"suspend"}), Side.SECRETS: frozenset()}
    )
    assert [o.change.kind for o in plan.operations] == [ChangeKind.SUSPEND]
    assert not any("Deactivate" in words for words in left(plan))
    assert "by hand" in left(plan)["End all sessions of Name 1 (d1.login) in idp"]


def test_who_is_suspended_is_deactivated_and_who_is_deactivated_is_done() -> None:
    org = leaver()
    org.directory.change("d1", state=SUSPENDED)
    kinds = [o.change.kind for o in offboard(org).operations if o.change.side is Side.DIRECTORY]
    assert kinds == [
        ChangeKind.END_ALL_SESSIONS,
        ChangeKind.REMOVE_MEMBERSHIP,
        ChangeKind.DEACTIVATE,
    ]
    org.directory.change("d1", state=DEACTIVATED)
    plan = offboard(org)
    kinds = [o.change.kind for o in plan.operations if o.change.side is Side.DIRECTORY]
    assert kinds == [ChangeKind.REMOVE_MEMBERSHIP]
    assert "The account is deactivated already." in left(plan).values()


def test_a_pushed_group_is_left_in_the_directory_and_the_other_side_follows() -> None:
    plan = offboard(leaver())
    (removal,) = [o for o in plan.operations if o.change.group and o.change.group.name == "eng"]
    assert removal.change.side is Side.DIRECTORY
    assert removal.also == ("idp pushes eng: bao follows",)
    assert "it goes when the membership in eng ends there" in left(plan)["eng in bao"]


@pytest.mark.parametrize(
    ("state", "raw"), [(PushState.FAILED, "ERROR"), (PushState.PAUSED, "INACTIVE")]
)
def test_a_group_whose_push_is_silent_is_left_on_both_sides(state: PushState, raw: str) -> None:
    org = leaver()
    push(org, state, raw)
    plan = offboard(org)
    removals = [o for o in plan.operations if o.change.group and o.change.group.name == "eng"]
    assert [o.change.side for o in removals] == [Side.DIRECTORY, Side.SECRETS]
    assert removals[0].also == (f"idp pushes eng ({raw}), so that nothing reaches bao by itself",)


def test_a_rule_that_put_them_in_is_told() -> None:
    org = leaver()
    push(org, PushState.OK, rules=("All engineers",))
    (removal,) = [
        o for o in offboard(org).operations if o.change.group and o.change.group.name == "eng"
    ]
    assert "All engineers puts members in eng" in removal.also[0]
    assert "exception of the rule" in removal.also[0]


def test_a_group_decided_elsewhere_or_not_read_is_left_alone() -> None:
    org = leaver()
    push(org, PushState.OK, managed_by="Active Directory")
    assert "Active Directory decides" in left(offboard(org))["eng in idp"]
    org = leaver()
    org.directory.broken.add((Collection.MEMBERSHIPS, "dg-eng"))
    assert "refresh is complete" in left(offboard(org))["eng in idp"]


def test_a_group_in_no_listing_is_named_by_its_id() -> None:
    org = leaver()
    org.directory.join("dg-lost", "d1")
    assert "1 group in idp: dg-lost" in left(offboard(org))


def token(owner: str, *, dies: bool = True) -> MachineIdentity:
    return MachineIdentity(f"m-{owner}", "sync", "API token", owner, dies_with_owner=dies)


def test_what_dies_with_the_leaver_is_asked_about() -> None:
    org = leaver()
    org.directory.machines += [token("d1"), token("d2")]
    org.secrets.machines.append(token("s1", dies=False))
    plan = offboard(org)
    asked = guard(plan, "what dies with its owner")
    assert (asked.verdict, asked.names) == (Verdict.ASK, ("sync (API token) in idp",))
    assert "it ends with the account" in left(plan)["sync (API token) in idp"]
    assert "hand it over" in left(plan)["sync (API token) in bao"]


@pytest.mark.parametrize("own", ["d1", "m-d1"])
def test_keyturn_s_own_token_is_never_ended(own: str) -> None:
    org = leaver()
    org.directory.machines.append(token("d1"))
    plan = offboard(org, own={Side.DIRECTORY: frozenset({own})})
    assert guard(plan, "what dies with its owner").verdict is Verdict.REFUSE
    assert plan.refused


def test_the_last_owner_stays() -> None:
    org = leaver()
    org.secrets.change("s1", roles=("Owners",))
    org.secrets.change("s2", roles=("auditor",))
    refused = guard(offboard(org), "last owner")
    assert (refused.verdict, refused.names) == (Verdict.REFUSE, ("Owners in bao",))
    org.secrets.change("s3", roles=("Owners",))
    assert guard(offboard(org), "last owner").verdict is Verdict.ALLOW
    org.secrets.change("s3", state=SUSPENDED)
    assert guard(offboard(org), "last owner").verdict is Verdict.REFUSE


def test_the_last_of_another_role_is_asked_about_unless_nobody_is_left() -> None:
    org = leaver()
    org.directory.change("d1", roles=("HELP_DESK", "AUDITOR"))
    assert guard(offboard(org), "last owner").verdict is Verdict.REFUSE
    org.directory.change("d2", roles=("ORG_ADMIN",))
    asked = guard(offboard(org), "last owner")
    assert (asked.verdict, asked.names) == (Verdict.ASK, ("AUDITOR in idp", "HELP_DESK in idp"))


def test_leaving_the_group_that_is_the_role_counts() -> None:
    org = leaver()
    org.secrets.groups.append(Group("sg-own", "Owners"))
    org.secrets.join("sg-own", "s1")
    org.secrets.change("s1", roles=("Owners", "Recovery"))
    abilities = {Side.DIRECTORY: frozenset[str](), Side.SECRETS: frozenset({"remove membership"})}
    plan = offboard(org, abilities=abilities)
    assert guard(plan, "last owner").names == ("Owners in bao",)
    stay = [one.words for one in plan.left_alone if "privileged role" in one.words]
    assert stay == ["The privileged role Recovery in bao"]
    assert org.who("d:d1").secrets is not None
    assert ACTIVE.value in str(org.who("d:d1").secrets)
