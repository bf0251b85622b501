"""Every guard: when it allows, asks and refuses; and that more never makes it milder."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decide.worlds import NOW_MS, SUSPENDED, Org, account, office

from keyturn.decide.context import Counts, PlanContext, counts_of
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.guard import GUARDS, judge
from keyturn.decide.guards_of_evidence import needs_of
from keyturn.decide.guards_of_managers import managers
from keyturn.decide.names import listed
from keyturn.decide.operations import word
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn.decide.rules import Allowed, Limits
from keyturn.decide.side_effects import side_effects
from keyturn_providers.records import (
    AccountState,
    Collection,
    Email,
    Grant,
    Group,
    Level,
    PrincipalKind,
    Side,
    Vault,
)

ALLOW, ASK, REFUSE = Verdict.ALLOW, Verdict.ASK, Verdict.REFUSE
D, S = Side.DIRECTORY, Side.SECRETS


def _ref(kind: ObjectKind, object_id: str, side: Side = S) -> Ref:
    return Ref(side, kind, object_id, object_id)


def suspend(account_id: str, side: Side = S) -> Change:
    return Change(ChangeKind.SUSPEND, side, account=_ref(ObjectKind.ACCOUNT, account_id, side))


def leave(account_id: str, group_id: str) -> Change:
    return Change(
        ChangeKind.REMOVE_MEMBERSHIP,
        S,
        account=_ref(ObjectKind.ACCOUNT, account_id),
        group=_ref(ObjectKind.GROUP, group_id),
    )


def join(account_id: str, group_id: str) -> Change:
    return replace(leave(account_id, group_id), kind=ChangeKind.ADD_MEMBERSHIP)


def revoke(holder: str, carrier: str, *vaults: str) -> Change:
    group = holder.startswith("sg")
    return Change(
        ChangeKind.REVOKE,
        S,
        principal_kind=PrincipalKind.GROUP if group else PrincipalKind.ACCOUNT,
        principal=_ref(ObjectKind.GROUP if group else ObjectKind.ACCOUNT, holder),
        vaults=tuple(_ref(ObjectKind.VAULT, v) for v in vaults),
        level=Level.READ,
        carrier=carrier,
    )


def end(account_id: str, session_id: str) -> Change:
    return Change(
        ChangeKind.END_SESSION,
        S,
        account=_ref(ObjectKind.ACCOUNT, account_id),
        session_id=session_id,
    )


def _operations(changes: tuple[Change, ...]) -> tuple[Operation, ...]:
    return tuple(
        Operation(f"op-{i}", i, change, change.kind.value, "", "")
        for i, change in enumerate(changes, 1)
    )


def verdicts(
    context: PlanContext, *changes: Change, scope: PlanScope = PlanScope.SYNC
) -> dict[str, GuardVerdict]:
    return {v.guard: v for v in judge(_operations(changes), context, scope)}


def _limits(org: Org, **limits: float) -> None:
    org.rules = replace(org.rules, limits=replace(Limits(), **limits))  # type: ignore[arg-type]  # by name


def _crowd(number: int) -> Org:
    org = office()
    for i in range(10, 10 + number):
        org.person(i)
    return org


def test_every_guard_speaks_on_every_plan() -> None:
    found = verdicts(office().context())
    assert len(found) == len(GUARDS) == 16
    assert all(v.verdict is ALLOW and v.words for v in found.values())


def test_a_refusal_names_what_and_what_next() -> None:
    org = office()
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    org.directory.taken_ms = 0
    found = verdicts(org.context(abilities={}), suspend("s1"))
    for verdict in found.values():
        if verdict.verdict is REFUSE:
            assert verdict.next_step
            assert verdict.names


@pytest.mark.parametrize(
    ("change", "side", "listing"),
    [
        (suspend("s1"), D, (Collection.ACCOUNTS, "")),
        (suspend("d1", D), S, (Collection.ACCOUNTS, "")),
        (end("s1", "T"), S, (Collection.ACCOUNTS, "")),
        (leave("s1", "sg-eng"), D, (Collection.MEMBERSHIPS, "dg-eng")),
        (leave("s1", "sg-eng"), S, (Collection.MEMBERSHIPS, "sg-eng")),
        (leave("s1", "sg-eng"), D, (Collection.GROUPS, "")),
        (revoke("s1", "c", "v-pay"), S, (Collection.GRANTS, "v-prod")),
        (revoke("sg-eng", "c", "v-pay"), S, (Collection.VAULTS, "")),
    ],
)
def test_no_removal_on_half_a_listing(
    change: Change, side: Side, listing: tuple[Collection, str]
) -> None:
    org = office()
    assert verdicts(org.context(), change)["complete listings"].verdict is ALLOW
    (org.directory if side is D else org.secrets).broken.add(listing)
    assert verdicts(org.context(), change)["complete listings"].verdict is REFUSE
    assert verdicts(org.context(), join("s1", "sg-ops"))["complete listings"].verdict is ALLOW


def test_an_offboarding_does_not_rest_on_who_else_is_in_the_directory_group() -> None:
    org = office()
    org.directory.broken.add((Collection.MEMBERSHIPS, "dg-eng"))
    change = leave("s1", "sg-eng")
    found = verdicts(org.context(), change, scope=PlanScope.OFFBOARD)
    assert found["complete listings"].verdict is ALLOW
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    found = verdicts(org.context(), suspend("s1"), scope=PlanScope.OFFBOARD)
    assert found["complete listings"].verdict is REFUSE


@pytest.mark.parametrize("side", [D, S])
def test_old_snapshots_take_nothing_away(side: Side) -> None:
    org = office()
    half = org.directory if side is D else org.secrets
    half.taken_ms = NOW_MS - Limits().snapshot_age_ms
    assert verdicts(org.context(), suspend("s1"))["fresh snapshots"].verdict is ALLOW
    half.taken_ms -= 1
    found = verdicts(org.context(), suspend("s1"))["fresh snapshots"]
    assert found.verdict is REFUSE
    assert "15 min" in found.words
    assert verdicts(org.context(), join("s1", "sg-ops"))["fresh snapshots"].verdict is ALLOW
    offboarding = verdicts(org.context(), suspend("s1"), scope=PlanScope.OFFBOARD)
    assert offboarding["fresh snapshots"].verdict is ASK


def test_an_empty_source_takes_nothing_away() -> None:
    org = office()
    org.directory.accounts = []
    assert verdicts(org.context(), suspend("s1"))["source not empty"].verdict is REFUSE
    org = office()
    org.directory.groups = []
    assert verdicts(org.context(), suspend("s1"))["source not empty"].verdict is ALLOW
    before = {D: Counts(3, 2, 3, 0), S: Counts(3, 0, 3, 2)}
    found = verdicts(org.context(previous=before), suspend("s1"))["source not empty"]
    assert found.verdict is REFUSE
    assert "2 before" in found.words


@pytest.mark.parametrize("what", ["accounts", "groups", "memberships", "grants"])
def test_a_shrunken_source_takes_nothing_away(what: str) -> None:
    org = office()
    now = counts_of(org.secrets.snapshot())
    for fewer, verdict in ((0, ALLOW), (1, ALLOW), (2, REFUSE)):
        before = replace(now, **{what: getattr(now, what) + fewer})
        context = org.context(previous={S: before})
        assert verdicts(context, suspend("s1"))["source not shrunken"].verdict is verdict
        assert verdicts(context, join("s1", "sg-ops"))["source not shrunken"].verdict is ALLOW


def test_removals_by_count() -> None:
    org = _crowd(12)
    changes = [suspend(f"s{i}") for i in range(10, 22)]
    for number, verdict in ((0, ALLOW), (1, ALLOW), (2, ASK), (10, ASK), (11, REFUSE)):
        assert verdicts(org.context(), *changes[:number])["removals: count"].verdict is verdict
    one = [end("s10", f"T{i}") for i in range(20)]
    offboarding = verdicts(org.context(), *one, scope=PlanScope.OFFBOARD)
    assert offboarding["removals: count"].verdict is ALLOW


def test_people_who_leave_at_once_are_counted() -> None:
    org = _crowd(12)
    changes = [suspend(f"s{i}") for i in range(10, 22)]
    for number, verdict in ((1, ALLOW), (2, ASK), (10, ASK), (11, REFUSE)):
        both = [*changes[:number], *(suspend(f"d{i}", D) for i in range(10, 10 + number))]
        found = verdicts(org.context(), *both, scope=PlanScope.OFFBOARD)["removals: count"]
        assert found.verdict is verdict
    assert "11 people leave at once" in found.words
    stranger = verdicts(org.context(), suspend("s10"), suspend("s99"), scope=PlanScope.OFFBOARD)
    assert stranger["removals: count"].verdict is ASK


def test_a_removal_that_names_nobody_makes_nobody_more_of_a_leaver() -> None:
    org = office()
    nameless = replace(suspend("s2"), account=None)
    found = verdicts(org.context(), suspend("s1"), nameless, scope=PlanScope.OFFBOARD)
    assert found["removals: count"].verdict is ALLOW
    assert "one named person" in found["removals: count"].words


def test_removals_by_share() -> None:
    org = _crowd(57)
    changes = [suspend(f"s{i}") for i in range(10, 20)]
    assert verdicts(org.context(), *changes[:3])["removals: share"].verdict is ALLOW
    found = verdicts(org.context(), *changes[:4])["removals: share"]
    assert found.verdict is REFUSE
    assert "4 of 60 active accounts in bao (7%)" in found.words
    both = verdicts(org.context(), leave("s1", "sg-eng"), leave("s2", "sg-eng"))
    assert both["removals: share"].verdict is REFUSE
    one = verdicts(org.context(), leave("s1", "sg-eng"), scope=PlanScope.OFFBOARD)
    assert one["removals: share"].verdict is ALLOW
    several = verdicts(org.context(), *changes, scope=PlanScope.OFFBOARD)
    assert several["removals: share"].verdict is REFUSE
    few = (suspend("s10"), suspend("s1"), leave("s1", "sg-eng"), leave("s2", "sg-eng"))
    assert (
        verdicts(org.context(), *few, scope=PlanScope.OFFBOARD)["removals: share"].verdict is ALLOW
    )


def test_removals_per_day() -> None:
    org = office()
    _limits(org, removals_per_day=5)
    one, two = suspend("s1"), suspend("s2")
    for before, changes, verdict in (
        (3, (one, two), ALLOW),
        (4, (one, two), REFUSE),
        (9, (), ALLOW),
    ):
        context = org.context(removals_last_day=before)
        assert verdicts(context, *changes)["removals: per day"].verdict is verdict
    context = org.context(removals_last_day=5)
    for changes, now in (((one, end("s1", "T1")), "1 now"), ((one, two), "2 now")):
        found = verdicts(context, *changes, scope=PlanScope.OFFBOARD)["removals: per day"]
        assert found.verdict is ASK
        assert now in found.words


def test_the_last_manager_stays() -> None:
    org = office()
    org.person(4)
    org.secrets.change("s4", state=AccountState.UNKNOWN)
    org.direct_grant(4, "pay", Level.MANAGE)
    for change in (
        suspend("s3"),
        leave("s3", "sg-ops"),
        revoke("sg-ops", "sg-ops/policy/pay-manage", "v-pay"),
    ):
        found = verdicts(org.context(), change)["last manager"]
        assert (found.verdict, found.names) == (REFUSE, ("pay",))
    for change in (suspend("s3", D), suspend("s1"), leave("s1", "sg-eng"), join("s1", "sg-ops")):
        assert verdicts(org.context(), change)["last manager"].verdict is ALLOW
    org.secrets.change("s4", state=AccountState.ACTIVE)
    assert verdicts(org.context(), suspend("s3"))["last manager"].verdict is ALLOW
    found = verdicts(org.context(), suspend("s3"), suspend("s4"))["last manager"]
    assert found.verdict is REFUSE


def test_managers_through_nested_groups_and_not_by_what_is_unclear() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-top", "top"))
    org.secrets.nest("sg-top", "sg-eng")
    org.group_grant("top", "prod", Level.MANAGE)
    org.group_grant("top", "prod", Level.MANAGE, "another")
    org.direct_grant(3, "prod", Level.UNKNOWN)
    org.secrets.grants.append(Grant("v-prod", PrincipalKind.MACHINE, "m", Level.MANAGE, "m/c"))
    world = org.world()
    assert managers(world)["v-prod"] == {"s1", "s2"}
    assert managers(world, (leave("s1", "sg-eng"),))["v-prod"] == {"s2"}
    assert managers(world, (suspend("s9"),))["v-prod"] == {"s1", "s2"}


def test_a_vault_without_manager_loses_none() -> None:
    org = office()
    org.secrets.change("s3", state=SUSPENDED)
    assert verdicts(org.context(), leave("s3", "sg-ops"))["last manager"].verdict is ALLOW


@pytest.mark.parametrize(
    ("own", "change"),
    [
        ("s1", suspend("s1")),
        ("s1", leave("s1", "sg-eng")),
        ("s1", revoke("s1", "c", "v-pay")),
        ("token/ACC", revoke("s2", "token/ACC/policy/x", "v-pay")),
        ("token/ACC", end("s2", "ACC")),
        ("ACC", end("s2", "ACC")),
    ],
)
def test_keyturn_does_not_cut_itself_off(own: str, change: Change) -> None:
    context = office().context(own={S: frozenset({own})})
    assert verdicts(context, change)["keyturn itself"].verdict is REFUSE
    assert verdicts(context, join("s1", "sg-ops"))["keyturn itself"].verdict is ALLOW
    other = office().context(own={S: frozenset({"s3"}), D: frozenset({own})})
    assert verdicts(other, change)["keyturn itself"].verdict is ALLOW


@pytest.mark.parametrize("name", ["s1", "S1.LOGIN", "d1.login", "d1", "mail@x", "Name 1"])
def test_never_touch_by_any_name_of_the_person(name: str) -> None:
    org = office()
    org.directory.change("d1", emails=(Email("mail@x", True),))
    org.rules = replace(org.rules, never_touch=(name,))
    change = suspend("s1")
    assert change.account is not None
    change = replace(change, account=replace(change.account, name="Name 1"))
    assert verdicts(org.context(), change)["never touch"].verdict is REFUSE
    assert verdicts(org.context(), suspend("s2"))["never touch"].verdict is ALLOW
    assert verdicts(org.context(), join("s2", "sg-ops"))["never touch"].verdict is ALLOW
    given = replace(change, kind=ChangeKind.REACTIVATE)
    assert verdicts(org.context(), given)["never touch"].verdict is REFUSE


@pytest.mark.parametrize("name", ["sg-eng", "v-pay"])
def test_never_touch_groups_and_vaults(name: str) -> None:
    org = office()
    org.rules = replace(org.rules, never_touch=(name,))
    changes = leave("s1", "sg-eng"), revoke("s1", "c", "v-pay")
    assert verdicts(org.context(), *changes)["never touch"].names == (name,)


def test_never_touch_somebody_with_one_account_only() -> None:
    org = office()
    org.secrets.accounts.append(account("s9"))
    org.rules = replace(org.rules, never_touch=("s9.login",))
    assert verdicts(org.context(), suspend("s9"))["never touch"].verdict is REFUSE


def test_what_only_gives_rests_on_no_listing() -> None:
    world = office().world()
    for change in _ONE_OF_EACH.values():
        needs = needs_of(world, change, PlanScope.SYNC)
        assert bool(needs) == change.kind.removes


def test_names_are_listed_and_the_rest_is_counted() -> None:
    assert listed([]) == ""
    assert listed("ab") == "a and b"
    assert listed("abcde") == "a, b, c, d and e"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


def test_ambiguous_people_are_refused() -> None:
    org = office()
    org.secrets.accounts.append(account("s9", external_id="d1"))
    for change in (suspend("s1"), join("s9", "sg-ops"), suspend("d1", D)):
        assert verdicts(org.context(), change)["ambiguous"].verdict is REFUSE
    assert verdicts(org.context(), suspend("s2"))["ambiguous"].verdict is ALLOW


def test_objects_the_policy_names_wrongly_are_refused() -> None:
    org = office()
    org.secrets.vaults = [Vault("v-prod", "prod"), Vault("v-pay", "other")]
    changes = revoke("s1", "c", "v-pay")
    assert verdicts(org.context(), changes)["policy agrees"].verdict is REFUSE
    assert verdicts(org.context(), suspend("s1"))["policy agrees"].verdict is ALLOW


_ONE_OF_EACH: dict[ChangeKind, Change] = {
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
_SWITCH = {
    ChangeKind.END_SESSION: "end_sessions",
    ChangeKind.END_ALL_SESSIONS: "end_sessions",
    ChangeKind.RESTORE_GRANT: "grant",
}


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_a_kind_that_is_off_or_that_nobody_can_do(kind: ChangeKind) -> None:
    org = office()
    change = _ONE_OF_EACH[kind]
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True, provision=True))
    allowed = verdicts(org.context(), change)
    assert allowed["kinds of change"].verdict is allowed["abilities"].verdict is ALLOW
    assert verdicts(org.context(abilities={}), change)["abilities"].verdict is REFUSE
    switch = _SWITCH.get(kind, kind.name.lower())
    org.rules = replace(org.rules, allowed=replace(Allowed(), **{switch: False}))
    assert verdicts(org.context(), change)["kinds of change"].verdict is REFUSE


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_of_change_reads(kind: ChangeKind) -> None:
    world, change = office().world(), _ONE_OF_EACH[kind]
    wording = word(world, change)
    assert "Name 1" in wording.words or "s1" in wording.words
    assert isinstance(side_effects(world, change), tuple)
    one_way = {ChangeKind.DEACTIVATE, ChangeKind.CONFIRM, ChangeKind.NARROW}
    if wording.inverse is not None and kind not in one_way:
        back = word(world, wording.inverse).inverse
        assert back == change
    bare = word(world, Change(kind, S))
    assert isinstance(side_effects(world, Change(kind, S)), tuple)
    assert "nobody" in bare.words or "nothing" in bare.words


def test_side_effects_of_what_opens_nothing_and_of_the_directory() -> None:
    world = office().world()
    nowhere = join("s1", "sg-none")
    assert side_effects(world, nowhere) == ("sg-none opens no vault that keyturn can see",)
    there = replace(join("d1", "dg-eng"), side=D, group=_ref(ObjectKind.GROUP, "dg-eng", D))
    assert side_effects(world, there) == ()
    restored = replace(revoke("sg-x", "c", "v-pay", "v-prod"), kind=ChangeKind.RESTORE_GRANT)
    assert side_effects(world, restored) == (
        "2 vaults opened at once: v-pay and v-prod",
        "0 active members of sg-x: nobody",
    )


_RANK = {ALLOW: 0, ASK: 1, REFUSE: 2}
_pool = st.sampled_from(
    [
        *(suspend(f"s{i}") for i in range(1, 5)),
        *(leave(f"s{i}", g) for i in (1, 2, 3) for g in ("sg-eng", "sg-ops")),
        revoke("s1", "c", "v-pay"),
        revoke("sg-ops", "sg-ops/policy/pay-manage", "v-pay"),
        end("s1", "T"),
    ]
)
_spoil: list[Callable[[Org], object]] = [
    lambda org: org.directory.broken.add((Collection.ACCOUNTS, "")),
    lambda org: org.directory.broken.add((Collection.MEMBERSHIPS, "dg-eng")),
    lambda org: org.secrets.broken.add((Collection.GRANTS, "v-pay")),
    lambda org: setattr(org.secrets, "taken_ms", 0),
]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(_pool, max_size=12, unique=True),
    st.sets(st.integers(0, len(_spoil) - 1)),
    st.integers(0, len(_spoil) - 1),
    st.sampled_from([PlanScope.SYNC, PlanScope.OFFBOARD]),
)
def test_more_removals_and_worse_listings_are_never_milder(
    changes: list[Change], spoilt: set[int], one_more: int, scope: PlanScope
) -> None:
    def build(which: set[int]) -> PlanContext:
        org = _crowd(6)
        for number in which:
            _spoil[number](org)
        return org.context()

    context = build(spoilt)
    full = verdicts(context, *changes, scope=scope)
    fewer = verdicts(context, *changes[:-1], scope=scope)
    worse = verdicts(build(spoilt | {one_more}), *changes, scope=scope)
    for guard, verdict in full.items():
        assert _RANK[fewer[guard].verdict] <= _RANK[verdict.verdict]
        assert _RANK[verdict.verdict] <= _RANK[worse[guard].verdict]
