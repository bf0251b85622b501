"""What nobody can be sure of blocks what rests on it, and nothing else."""

from dataclasses import replace

import pytest
from tests.decide.worlds import ACTIVE, DAY_MS, NOW_MS, SUSPENDED, Org, account, office

from keyturn.decide.drift import drift_in
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.guard import judge
from keyturn.decide.operations import word
from keyturn.decide.plan import plan_offboard, plan_sync
from keyturn.decide.plans import GuardVerdict, Operation, Plan, PlanScope, Verdict
from keyturn.decide.rules import Limits, NamedId
from keyturn.decide.words import DriftKind
from keyturn_providers.records import Group, Level, PrincipalKind, Side

ROOM = Limits(removals_count=50, removals_share=1.0, removals_per_day=50)


def _sync(org: Org, **more: object) -> Plan:
    org.rules = replace(org.rules, limits=ROOM)
    context = org.context(**more)
    return plan_sync(drift_in(context.world), context)


def _kinds(plan: Plan) -> set[ChangeKind]:
    return {operation.change.kind for operation in plan.operations}


def _judged(org: Org, change: Change, guard: str, **more: object) -> GuardVerdict:
    context = org.context(**more)
    wording = word(context.world, change)
    operation = Operation("op-1", 1, change, wording.words, "", "")
    (found,) = [g for g in judge([operation], context, PlanScope.SYNC) if g.guard == guard]
    return found


def _revoke(org: Org, carrier: str) -> Change:
    (held,) = [g for g in org.secrets.grants if g.carrier == carrier]
    return Change(
        ChangeKind.REVOKE,
        Side.SECRETS,
        principal_kind=held.principal_kind,
        principal=Ref(Side.SECRETS, ObjectKind.GROUP, held.principal_id, held.principal_id),
        vaults=(Ref(Side.SECRETS, ObjectKind.VAULT, held.vault_id, held.vault_id),),
        carrier=carrier,
    )


def _team_of_another_name() -> Org:
    """The policy means "eng" by the id of a group that is called finance now."""
    org = Org()
    org.person(1)
    org.team("finance", 1)
    for vault in ("prod", "wide", "thin", "extra"):
        org.vault(vault)
    org.mapping(
        "finance",
        ("prod", Level.WRITE),
        ("wide", Level.READ),
        ("thin", Level.MANAGE),
        name="eng",
    )
    org.group_grant("finance", "wide", Level.WRITE)
    org.group_grant("finance", "thin", Level.READ)
    org.group_grant("finance", "extra", Level.READ)
    return org


def test_a_directory_group_with_another_name_gives_and_takes_no_grant() -> None:
    org = _team_of_another_name()
    kinds = {f.kind for f in org.drift()}
    assert kinds >= {
        DriftKind.MISSING_GRANT,
        DriftKind.PERMISSIONS_WIDER,
        DriftKind.PERMISSIONS_NARROWER,
        DriftKind.GRANT_NOT_IN_POLICY,
    }
    assert _sync(org).operations == ()


def test_a_guard_refuses_a_grant_change_of_a_group_in_doubt() -> None:
    org = _team_of_another_name()
    change = _revoke(org, "sg-finance/policy/extra-read")
    assert _judged(org, change, "policy agrees").verdict is Verdict.REFUSE


@pytest.mark.parametrize("known_by", ["name", "external id", "policy"])
def test_a_directory_group_made_anew_takes_no_grant_away(known_by: str) -> None:
    org = office()
    org.directory.groups = [g for g in org.directory.groups if g.id != "dg-eng"]
    org.directory.memberships = [m for m in org.directory.memberships if m.group_id != "dg-eng"]
    org.directory.groups.append(Group("dg-eng2", "eng"))
    org.directory.join("dg-eng2", "d1", "d2")
    if known_by != "external id":
        org.secrets.groups = [replace(g, external_id=None) for g in org.secrets.groups]
    if known_by == "policy":
        org.secrets.groups = [
            replace(g, name="developers") if g.id == "sg-eng" else g for g in org.secrets.groups
        ]
        first, *others = org.rules.mappings
        org.rules = replace(
            org.rules, mappings=(replace(first, secrets_group=NamedId("sg-eng", "")), *others)
        )
    assert ChangeKind.REVOKE not in _kinds(_sync(org))
    (found,) = [f for f in org.drift(DriftKind.GRANT_NOT_IN_POLICY) if f.subject.id == "sg-eng"]
    assert "correct the policy" in found.remedy_words


@pytest.mark.parametrize("side", ["directory", "secrets"])
def test_an_account_that_could_not_be_read_is_left_alone_and_only_it(side: str) -> None:
    org = office()
    for number in (1, 2):
        org.directory.change(f"d{number}", state=SUSPENDED)
    half = org.directory if side == "directory" else org.secrets
    half.stale.add(f"{half.side.value[0]}1")
    found = {f.subject.id: f for f in org.drift(DriftKind.LEAVER_ACTIVE)}
    assert found["s2"].remedy
    assert found["s1"].remedy == ()
    assert "could not be read" in found["s1"].remedy_words
    assert [o.change.account and o.change.account.id for o in _sync(org).operations] == ["s2"]
    suspend = Change(
        ChangeKind.SUSPEND,
        Side.SECRETS,
        account=Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s1", "Name 1"),
    )
    assert _judged(org, suspend, "complete listings").verdict is Verdict.REFUSE


def test_an_offboarding_does_not_believe_a_stale_suspension() -> None:
    org = office()
    org.secrets.change("s1", state=SUSPENDED)
    org.secrets.stale.add("s1")
    plan = plan_offboard(org.who("d:d1"), (), org.context())
    assert not [g for g in plan.guards if g.verdict is Verdict.REFUSE]
    suspended = {o.change.side for o in plan.operations if o.change.kind is ChangeKind.SUSPEND}
    assert suspended == {Side.DIRECTORY, Side.SECRETS}


def test_an_unlisted_member_may_be_a_group_that_holds_anybody() -> None:
    org = office()
    org.directory.memberships = [m for m in org.directory.memberships if m.group_id != "dg-eng"]
    org.directory.join("dg-eng", "dg-hidden", "d2")
    assert ChangeKind.REMOVE_MEMBERSHIP not in _kinds(_sync(org))
    found = org.one(DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY)
    assert "dg-hidden" in found.remedy_words


def test_a_change_names_the_account_and_its_words_the_person() -> None:
    org = office()
    org.directory.change("d3", display_name="Ana Souza")
    org.secrets.change("s3", display_name="", name="entity_ab12")
    org.secrets.join("sg-eng", "s3")
    org.secrets.memberships = [m for m in org.secrets.memberships if m.group_id != "sg-ops"]
    org.direct_grant(3, "prod", Level.READ)
    plan = _sync(org)
    assert _kinds(plan) >= {
        ChangeKind.ADD_MEMBERSHIP,
        ChangeKind.REMOVE_MEMBERSHIP,
        ChangeKind.REVOKE,
    }
    for operation in plan.operations:
        ref = operation.change.account or operation.change.principal
        assert ref is not None
        assert ref.name == "entity_ab12"
        assert "Ana Souza" in operation.words
        assert "entity_ab12" in operation.words
    assert all("Ana Souza" in f.words for f in org.drift() if f.person)


def test_never_touch_protects_by_an_unverified_email_and_by_either_name() -> None:
    for marked in ("breakglass@acme.example", "Emergency Access"):
        org = office()
        org.secrets.accounts.append(
            account("s9", email="breakglass@acme.example", verified=False, external_id="d9")
        )
        org.directory.accounts.append(account("d9", state=SUSPENDED, display="Emergency Access"))
        org.rules = replace(org.rules, never_touch=(marked,))
        assert _sync(org).operations == ()
        suspend = Change(
            ChangeKind.SUSPEND,
            Side.SECRETS,
            account=Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s9", "Name 9"),
        )
        assert _judged(org, suspend, "never touch").verdict is Verdict.REFUSE


@pytest.mark.parametrize("whose", ["never touch", "keyturn itself"])
def test_a_groups_grant_stays_for_a_member_that_loses_nothing(whose: str) -> None:
    org = office()
    org.secrets.groups.append(Group("sg-inner", "inner"))
    org.secrets.memberships = [m for m in org.secrets.memberships if m.member_id != "s3"]
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d3"]
    org.secrets.nest("sg-ops", "sg-inner")
    org.secrets.join("sg-inner", "s3")
    org.group_grant("ops", "prod", Level.MANAGE)
    more: dict[str, object] = {}
    if whose == "never touch":
        org.rules = replace(org.rules, never_touch=("d3",))
    else:
        more["own"] = {Side.SECRETS: frozenset({"s3"})}
    change = _revoke(org, "sg-ops/policy/prod-manage")
    assert change.principal_kind is PrincipalKind.GROUP
    assert _judged(org, change, whose, **more).verdict is Verdict.REFUSE
    assert ChangeKind.REVOKE not in _kinds(_sync(org, **more))


def test_keyturn_itself_says_where_nobody_knows_who_it_is() -> None:
    org = office()
    org.secrets.join("sg-eng", "s3")
    context = org.context(own={Side.DIRECTORY: frozenset({"d9"})})
    (found,) = [g for g in judge((), context, PlanScope.SYNC) if g.guard == "keyturn itself"]
    assert found.verdict is Verdict.ALLOW
    assert "not known in bao" in found.words


@pytest.mark.parametrize("scope", list(PlanScope))
def test_a_snapshot_from_the_future_is_not_fresh(scope: PlanScope) -> None:
    org = office()
    org.directory.taken_ms = NOW_MS + 10 * DAY_MS
    org.secrets.join("sg-eng", "s3")
    context = org.context()
    change = Change(
        ChangeKind.SUSPEND,
        Side.SECRETS,
        account=Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s1", "Name 1"),
    )
    operation = Operation("op-1", 1, change, "suspend", "", "")
    (found,) = [g for g in judge([operation], context, scope) if g.guard == "fresh snapshots"]
    asks = scope.by_name
    assert found.verdict is (Verdict.ASK if asks else Verdict.REFUSE)
    assert "clock" in found.words
    assert ACTIVE is org.directory.accounts[0].state
