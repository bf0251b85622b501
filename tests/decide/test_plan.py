"""Plans: what goes in, in which order, what is left alone, and what has to be typed."""

from dataclasses import replace

import pytest
from tests.decide.worlds import EVERYTHING, SUSPENDED, Org, account, office

from keyturn.decide.drift import drift_in
from keyturn.decide.findings import ChangeKind, Finding
from keyturn.decide.order import STAGE_TITLES, Stage
from keyturn.decide.plan import plan_offboard, plan_sync
from keyturn.decide.plans import Plan, PlanScope, Verdict
from keyturn.decide.rules import Allowed
from keyturn.decide.words import DriftKind
from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Group,
    Level,
    MachineIdentity,
    MemberKind,
    Membership,
    Session,
    Side,
)


def _leaver() -> Org:
    """Person 1, still active on both sides, with a token, a direct grant and a local group."""
    org = office()
    org.secrets.groups.append(Group("sg-old", "old"))
    org.secrets.join("sg-old", "s1")
    org.direct_grant(1, "pay", Level.WRITE)
    org.direct_grant(1, "pay", Level.READ, "token/T1/policy/extra")
    return org


SESSIONS = (Session("T1", "s1", note="laptop"), Session("T2", "s1"), Session("T3", "s2"))


def _offboard(org: Org, sessions: tuple[Session, ...] = SESSIONS, **more: object) -> Plan:
    return plan_offboard(org.who("d:d1"), sessions, org.context(**more))


def _kinds(plan: Plan) -> list[ChangeKind]:
    return [o.change.kind for o in plan.operations]


def test_an_offboarding_cuts_from_the_outside_inwards() -> None:
    plan = _offboard(_leaver())
    assert [o.words for o in plan.operations] == [
        "Suspend Name 1 (d1.login) in idp",
        "End all sessions of Name 1 (d1.login) in idp",
        "Suspend Name 1 (s1.login) in bao",
        "End session T1 of Name 1 (s1.login) in bao",
        "End session T2 of Name 1 (s1.login) in bao",
        "Remove Name 1 (s1.login) from old in bao",
        "Revoke s1/policy/pay-write from Name 1 (opens pay) in bao",
    ]
    assert [o.number for o in plan.operations] == [1, 2, 3, 4, 5, 6, 7]
    assert [o.stage for o in plan.operations] == [0, 1, 2, 3, 3, 5, 6]
    assert plan.confirm_with == "d1.login"
    assert plan.scope is PlanScope.OFFBOARD
    assert plan.subject_key == "d:d1"
    assert not plan.refused


def test_every_operation_says_what_must_be_true_and_what_proves_it() -> None:
    for operation in _offboard(_leaver()).operations:
        assert operation.precondition.endswith(".")
        assert "audit log" in operation.expected
        assert (operation.inverse is None) == bool(operation.irreversible)


def test_inverses_bring_back_what_was() -> None:
    inverses = {o.change.kind: o.inverse.kind for o in _offboard(_leaver()).operations if o.inverse}
    assert inverses == {
        ChangeKind.SUSPEND: ChangeKind.REACTIVATE,
        ChangeKind.REMOVE_MEMBERSHIP: ChangeKind.ADD_MEMBERSHIP,
        ChangeKind.REVOKE: ChangeKind.RESTORE_GRANT,
    }


def test_a_session_says_what_ends_with_it() -> None:
    first, second = [
        o for o in _offboard(_leaver()).operations if o.change.kind is ChangeKind.END_SESSION
    ]
    assert first.also == ("session: laptop", "it opens pay past every group")
    assert second.also == ()


def test_a_token_that_is_no_session_is_revoked_for_good() -> None:
    plan = _offboard(_leaver(), sessions=())
    (token,) = [o for o in plan.operations if o.change.carrier.startswith("token/")]
    assert token.inverse is None
    assert "token" in token.irreversible


def test_what_is_suspended_already_is_left_and_told() -> None:
    org = _leaver()
    org.directory.change("d1", state=SUSPENDED)
    org.secrets.change("s1", state=SUSPENDED)
    plan = _offboard(org)
    assert ChangeKind.SUSPEND not in _kinds(plan)
    assert [x.reason for x in plan.left_alone].count("The account is suspended already.") == 2


@pytest.mark.parametrize("state", [AccountState.UNKNOWN, AccountState.INVITED])
def test_a_state_that_is_not_suspended_is_suspended(state: AccountState) -> None:
    org = _leaver()
    org.directory.change("d1", state=state)
    assert _kinds(_offboard(org)).count(ChangeKind.SUSPEND) == 2


def test_memberships_the_directory_decides_about_stay() -> None:
    left = {x.words: x.reason for x in _offboard(_leaver()).left_alone}
    assert "eng in idp decides" in left["eng in bao"]
    assert "1 group in idp: eng" in left


def test_memberships_the_directory_ended_are_taken() -> None:
    org = _leaver()
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d1"]
    removed = [o.change.group for o in _offboard(org).operations if o.change.group]
    assert [g.name for g in removed] == ["eng", "old"]


def test_memberships_nobody_can_be_sure_of_stay() -> None:
    org = _leaver()
    org.secrets.groups += [Group("sg-twin", "twin", external_id="dg-eng")]
    org.secrets.groups = [
        replace(g, managed_by="login") if g.id == "sg-old" else g for g in org.secrets.groups
    ]
    org.secrets.join("sg-nowhere", "s1")
    reasons = {x.words: x.reason for x in _offboard(org).left_alone}
    assert "not certain" in reasons["eng in bao"]
    assert "login decides" in reasons["old in bao"]
    assert "in no listing" in reasons["The group sg-nowhere in bao"]


def test_memberships_that_rest_on_half_a_listing_stay() -> None:
    org = _leaver()
    org.directory.broken.add((Collection.GROUPS, ""))
    plan = _offboard(org)
    assert ChangeKind.REMOVE_MEMBERSHIP not in _kinds(plan)
    assert (
        "until a refresh is complete" in {x.words: x.reason for x in plan.left_alone}["old in bao"]
    )


def test_somebody_without_a_directory_account_is_put_out_too() -> None:
    org = office()
    org.secrets.accounts.append(replace(account("s9"), name=""))
    org.secrets.join("sg-eng", "s9")
    plan = plan_offboard(org.who("s:s9"), (), org.context())
    assert _kinds(plan) == [ChangeKind.SUSPEND, ChangeKind.REMOVE_MEMBERSHIP]
    assert plan.confirm_with == "s9"
    assert any("nothing to suspend" in x.reason for x in plan.left_alone)


def test_somebody_with_only_a_directory_account() -> None:
    org = office()
    org.directory.accounts.append(account("d9"))
    plan = plan_offboard(org.who("d:d9"), SESSIONS, org.context())
    assert _kinds(plan) == [ChangeKind.SUSPEND, ChangeKind.END_ALL_SESSIONS]


def test_what_belongs_to_the_leaver_is_told() -> None:
    org = _leaver()
    org.secrets.change("s1", roles=("root",))
    org.secrets.machines += [
        MachineIdentity("m1", "deploy", "approle", owner_account_id="s1"),
        MachineIdentity("m2", "other", "approle", owner_account_id="s2"),
    ]
    org.direct_grant(1, "prod", Level.READ, revocable=False, note="default")
    org.direct_grant(1, "prod", Level.READ, "s1/policy/fixed", revocable=False)
    org.direct_grant(1, "prod", Level.NONE)
    words = " / ".join(f"{x.words}: {x.reason}" for x in _offboard(org).left_alone)
    for part in ("deploy (approle)", "role root", "revoked: default.", "be revoked."):
        assert part in words
    assert "other" not in words


def test_what_the_connector_cannot_is_left_for_people() -> None:
    plan = _offboard(
        _leaver(),
        abilities={Side.DIRECTORY: frozenset(), Side.SECRETS: EVERYTHING - {"end sessions"}},
    )
    assert ChangeKind.END_SESSION not in _kinds(plan)
    # The token is no session any more that is ended, so its grant is revoked.
    assert _kinds(plan).count(ChangeKind.REVOKE) == 2
    assert any("cannot suspend in idp" in x.reason for x in plan.left_alone)
    assert not plan.refused


def test_a_kind_that_is_off_is_left_for_people() -> None:
    org = _leaver()
    org.rules = replace(org.rules, allowed=Allowed(revoke=False, end_sessions=False))
    plan = _offboard(org)
    assert set(_kinds(plan)) == {ChangeKind.SUSPEND, ChangeKind.REMOVE_MEMBERSHIP}
    assert any("off: revoke" in x.reason for x in plan.left_alone)


def _drifted() -> Org:
    org = office()
    org.directory.join("dg-ops", "d1")
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d2"]
    org.secrets.grants = [g for g in org.secrets.grants if g.vault_id != "v-prod"]
    org.group_grant("eng", "prod", Level.MANAGE)
    for vault in ("prod", "pay"):
        org.direct_grant(3, vault, Level.WRITE, "s3/policy/both")
    org.secrets.machines.append(MachineIdentity("m", "m", "x"))
    return org


def test_a_sync_gives_before_it_takes() -> None:
    org = _drifted()
    context = org.context()
    plan = plan_sync(drift_in(context.world), context)
    assert _kinds(plan) == [
        ChangeKind.ADD_MEMBERSHIP,
        ChangeKind.GRANT,
        ChangeKind.REMOVE_MEMBERSHIP,
        ChangeKind.REVOKE,
        ChangeKind.REVOKE,
    ]
    assert plan.title == "5 changes for 5 findings"
    assert plan.asks
    assert plan.confirm_with == "5"
    assert plan.scope is PlanScope.SYNC


def test_a_revocation_waits_for_what_replaces_it() -> None:
    context = _drifted().context()
    plan = plan_sync(drift_in(context.world), context)
    grant = next(o for o in plan.operations if o.change.kind is ChangeKind.GRANT)
    waiting = [o.change.carrier for o in plan.operations if grant.id in o.depends_on]
    assert waiting == ["sg-eng/policy/prod-manage"]


def test_one_edge_is_taken_once_for_all_its_findings() -> None:
    context = _drifted().context()
    plan = plan_sync(drift_in(context.world), context)
    (both,) = [o for o in plan.operations if o.change.carrier == "s3/policy/both"]
    assert len(both.finding_ids) == 2
    assert "2 vaults lost at once: pay and prod" in both.also


def test_side_effects_are_in_names_and_numbers() -> None:
    org = _drifted()
    org.secrets.groups.append(Group("sg-empty", "empty"))
    context = org.context()
    plan = plan_sync(drift_in(context.world), context)
    also = {o.change.kind: o.also for o in plan.operations}
    assert also[ChangeKind.ADD_MEMBERSHIP] == ("it opens pay",)
    revoked = next(o for o in plan.operations if o.change.carrier == "sg-eng/policy/prod-manage")
    assert revoked.also == ("2 active members of eng: Name 1 and Name 2",)


def test_what_has_no_remedy_is_left_alone_with_the_reason() -> None:
    context = _drifted().context()
    plan = plan_sync(drift_in(context.world), context)
    assert [x.reason[:14] for x in plan.left_alone] == ["Name its owner"]


def test_chosen_findings_only() -> None:
    context = _drifted().context()
    findings = drift_in(context.world)
    (one,) = [f for f in findings if f.kind is DriftKind.MISSING_MEMBERSHIP]
    plan = plan_sync(findings, context, frozenset({one.id}))
    assert _kinds(plan) == [ChangeKind.ADD_MEMBERSHIP]
    assert plan.scope is PlanScope.FINDINGS
    assert plan.confirm_with == "d1.login"
    assert plan.left_alone == ()


def _own(org: Org) -> dict[str, object]:
    return {"own": {Side.SECRETS: frozenset({"s3"})}}


def test_a_sync_leaves_out_what_must_not_be_touched_but_a_choice_is_refused() -> None:
    org = _drifted()
    org.rules = replace(org.rules, never_touch=("Name 2",), allowed=Allowed(add_membership=False))
    context = org.context(**_own(org))
    findings = drift_in(context.world)
    plan = plan_sync(findings, context)
    reasons = " ".join(x.reason for x in plan.left_alone)
    for part in ("keyturn's own identity", "never to touch Name 2", "off: add membership"):
        assert part in reasons
    # The grant on prod that the policy does not want stays: Name 2 would lose with its group.
    assert ChangeKind.REVOKE not in _kinds(plan)
    assert not plan.refused

    def chosen(kind: DriftKind) -> Plan:
        ids: list[Finding] = [f for f in findings if f.kind is kind]
        return plan_sync(findings, context, frozenset(f.id for f in ids))

    assert chosen(DriftKind.DIRECT_GRANT).refused
    assert chosen(DriftKind.MISSING_MEMBERSHIP).refused
    assert chosen(DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY).refused


def test_a_plan_from_nothing_is_empty_and_harmless() -> None:
    context = office().context()
    plan = plan_sync((), context)
    assert plan.operations == ()
    assert plan.confirm_with == "0"
    assert all(g.verdict is Verdict.ALLOW for g in plan.guards)


def test_blind_spots_are_named_with_their_source() -> None:
    org = office()
    org.secrets.blind_spots = ("child namespaces",)
    plan = plan_sync((), org.context(blind_spots=("the moon",)))
    assert plan.blind_spots == ("bao: child namespaces", "the moon")


def test_every_stage_has_a_title() -> None:
    assert set(STAGE_TITLES) == set(Stage)


def test_a_change_about_an_account_that_is_not_listed_still_reads() -> None:
    org = office()
    org.secrets.accounts.append(Account("s9", "", "", AccountState.ACTIVE))
    org.secrets.memberships.append(Membership("sg-eng", "s9", MemberKind.ACCOUNT))
    context = org.context()
    plan = plan_sync(drift_in(context.world), context)
    assert "Suspend s9 in bao" in [o.words for o in plan.operations]
