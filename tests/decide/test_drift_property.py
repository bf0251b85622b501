"""Drift of random small worlds against a literal oracle; and what holds whatever the world."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decide.worlds import Half, Org, account

from keyturn.decide.drift import drift_in
from keyturn.decide.findings import Change, ChangeKind, Finding, ObjectKind, Ref
from keyturn.decide.plan import plan_offboard, plan_sync
from keyturn.decide.plans import Plan
from keyturn.decide.words import DriftKind
from keyturn_providers.records import (
    AccountState,
    Collection,
    Email,
    Group,
    Level,
    MemberKind,
    Session,
    Side,
)

_STATES = st.sampled_from(list(AccountState))
_LEVELS = st.sampled_from(list(Level))
_PEOPLE, _TEAMS, _VAULTS = range(4), ("a", "b", "c"), ("x", "y")
_ON = {AccountState.ACTIVE, AccountState.INVITED}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a world is made of; a test may leave things out and make it again."""

    mine: tuple[AccountState, ...]
    theirs: tuple[AccountState, ...]
    tie: tuple[int, ...]
    """Per person: 0 by id, 1 by e-mail, 2 by an e-mail shared with person 0, 3 not at all."""
    in_directory: frozenset[tuple[str, int]]
    in_secrets: frozenset[tuple[str, int]]
    nested: frozenset[tuple[str, str]]
    by_name: frozenset[str]
    wanted: frozenset[tuple[str, str, Level]]
    group_grants: frozenset[tuple[str, str, Level]]
    direct_grants: frozenset[tuple[int, str, Level]]


_recipes = st.builds(
    Recipe,
    mine=st.tuples(*(_STATES for _ in _PEOPLE)),
    theirs=st.tuples(*(_STATES for _ in _PEOPLE)),
    tie=st.tuples(*(st.integers(0, 3) for _ in _PEOPLE)),
    in_directory=st.frozensets(
        st.tuples(st.sampled_from(_TEAMS), st.sampled_from(_PEOPLE)), max_size=6
    ),
    in_secrets=st.frozensets(
        st.tuples(st.sampled_from(_TEAMS), st.sampled_from(_PEOPLE)), max_size=6
    ),
    nested=st.frozensets(st.tuples(st.sampled_from(_TEAMS), st.sampled_from(_TEAMS)), max_size=2),
    by_name=st.frozensets(st.sampled_from(_TEAMS)),
    wanted=st.frozensets(
        st.tuples(
            st.sampled_from(_TEAMS),
            st.sampled_from(_VAULTS),
            st.sampled_from([Level.READ, Level.WRITE]),
        ),
        max_size=3,
    ),
    group_grants=st.frozensets(
        st.tuples(st.sampled_from(_TEAMS), st.sampled_from(_VAULTS), _LEVELS), max_size=4
    ),
    direct_grants=st.frozensets(
        st.tuples(st.sampled_from(_PEOPLE), st.sampled_from(_VAULTS), _LEVELS), max_size=3
    ),
)


def _build(recipe: Recipe) -> Org:
    org = Org()
    for number in _PEOPLE:
        tie = recipe.tie[number]
        address = {1: f"p{number}@x", 2: "p0@x"}.get(tie)
        org.directory.accounts.append(
            replace(
                account(f"d{number}", state=recipe.mine[number]),
                emails=(Email(f"p{number}@x", True),),
            )
        )
        org.secrets.accounts.append(
            account(
                f"s{number}",
                state=recipe.theirs[number],
                email=address,
                external_id=f"d{number}" if tie == 0 else None,
            )
        )
    for team in _TEAMS:
        org.directory.groups.append(Group(f"dg-{team}", team))
        by_name = team in recipe.by_name
        org.secrets.groups.append(
            Group(f"sg-{team}", team, external_id=None if by_name else f"dg-{team}")
        )
        grants = sorted((v, level) for t, v, level in recipe.wanted if t == team)
        if grants:
            org.mapping(team, *grants)
    for vault in _VAULTS:
        org.vault(vault)
    for team, number in sorted(recipe.in_directory):
        org.directory.join(f"dg-{team}", f"d{number}")
    for team, number in sorted(recipe.in_secrets):
        org.secrets.join(f"sg-{team}", f"s{number}")
    for outer, inner in sorted(recipe.nested):
        org.directory.nest(f"dg-{outer}", f"dg-{inner}")
    for team, vault, level in sorted(recipe.group_grants):
        org.group_grant(team, vault, level)
    for number, vault, level in sorted(recipe.direct_grants):
        org.direct_grant(number, vault, level)
    return org


def _smaller(recipe: Recipe) -> Recipe:
    """The same world with something taken away everywhere."""
    return replace(
        recipe,
        in_directory=frozenset(sorted(recipe.in_directory)[1:]),
        in_secrets=frozenset(sorted(recipe.in_secrets)[:-1]),
        group_grants=frozenset(sorted(recipe.group_grants)[1:]),
        direct_grants=frozenset(sorted(recipe.direct_grants)[1:]),
        wanted=frozenset(sorted(recipe.wanted)[1:]),
    )


def _pairs(recipe: Recipe) -> dict[int, int]:
    """Directory number to secrets number, told literally: nobody with a rival is matched."""
    edges = {
        (d, s)
        for d in _PEOPLE
        for s in _PEOPLE
        if (recipe.tie[s] == 0 and d == s)
        or (recipe.tie[s] == 1 and d == s)
        or (recipe.tie[s] == 2 and d == 0)
    }
    return {d: s for d, s in edges if sum(d == x or s == y for x, y in edges) == 1}


def _inside(recipe: Recipe, team: str) -> set[int]:
    groups = {team}
    for _ in _TEAMS:
        groups |= {inner for outer, inner in recipe.nested if outer in groups}
    return {number for group, number in recipe.in_directory if group in groups}


def _found(found: Iterable[Finding], kind: DriftKind) -> set[tuple[str, str]]:
    return {(f.subject.id, f.object.id if f.object else "") for f in found if f.kind is kind}


@settings(max_examples=60, deadline=None)
@given(_recipes)
def test_accounts_and_memberships_are_what_the_rule_says(recipe: Recipe) -> None:
    for some in (recipe, _smaller(recipe)):
        found, pairs = _build(some).drift(), _pairs(some)
        assert _found(found, DriftKind.LEAVER_ACTIVE) == {
            (f"s{s}", f"d{d}")
            for d, s in pairs.items()
            if some.mine[d].is_off and some.theirs[s] in _ON
        }
        assert _found(found, DriftKind.SUSPENDED_BUT_ACTIVE) == {
            (f"s{s}", f"d{d}")
            for d, s in pairs.items()
            if some.mine[d] is AccountState.ACTIVE and some.theirs[s].is_off
        }
        missing, surplus = set(), set()
        for team in _TEAMS:
            members = _inside(some, team)
            there = {s for t, s in some.in_secrets if t == team}
            missing |= {
                (f"s{pairs[d]}", f"sg-{team}")
                for d in members
                if d in pairs and some.mine[d] is AccountState.ACTIVE and pairs[d] not in there
            }
            surplus |= {
                (f"s{s}", f"sg-{team}")
                for s in there
                if s not in {pairs[d] for d in members if d in pairs}
            }
        assert _found(found, DriftKind.MISSING_MEMBERSHIP) == missing
        assert _found(found, DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY) == surplus


@settings(max_examples=60, deadline=None)
@given(_recipes)
def test_grants_are_what_the_rule_says(recipe: Recipe) -> None:
    for some in (recipe, _smaller(recipe)):
        found = _build(some).drift()
        unwanted, wider, missing = set(), set(), set()
        narrower = set()
        for team in _TEAMS:
            for vault in _VAULTS:
                want = max(
                    (x.rank for t, v, x in some.wanted if (t, v) == (team, vault)), default=None
                )
                held = {x for t, v, x in some.group_grants if (t, v) == (team, vault)} - {
                    Level.NONE
                }
                place = (f"sg-{team}", f"v-{vault}")
                if want is None and held:
                    unwanted.add(place)
                if want is not None and not held:
                    missing.add(place)
                if want is not None and any(x.rank > want for x in held if x is not Level.UNKNOWN):
                    wider.add(place)
                if want is not None and held and all(x.rank < want for x in held):
                    narrower.add(place)
        assert _found(found, DriftKind.GRANT_NOT_IN_POLICY) == unwanted
        assert _found(found, DriftKind.PERMISSIONS_WIDER) == wider
        assert _found(found, DriftKind.MISSING_GRANT) == missing
        assert _found(found, DriftKind.PERMISSIONS_NARROWER) == narrower
        assert _found(found, DriftKind.DIRECT_GRANT) == {
            (f"s{n}", f"v-{v}") for n, v, level in some.direct_grants if level is not Level.NONE
        }


_cuts = st.sets(
    st.tuples(
        st.sampled_from(["directory", "secrets"]),
        st.sampled_from(
            [
                (Collection.ACCOUNTS, ""),
                (Collection.GROUPS, ""),
                (Collection.VAULTS, ""),
                *((Collection.MEMBERSHIPS, team) for team in _TEAMS),
                *((Collection.GRANTS, vault) for vault in _VAULTS),
            ]
        ),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=3,
)


def _cut(org: Org, cuts: set[tuple[str, tuple[Collection, str], int]], *, odd: bool) -> None:
    """Loses the rows of some listings after the first `keep`, and says so: read incompletely, or
    (`odd`) read to the end with a record nobody could understand."""
    for side, (collection, name), keep in cuts:
        half = org.directory if side == "directory" else org.secrets
        prefix = {Collection.MEMBERSHIPS: "dg-" if side == "directory" else "sg-"}
        parent = prefix.get(collection, "v-") + name if name else ""
        marked = half.odd if odd else half.broken
        match collection:
            case Collection.ACCOUNTS:
                half.accounts = half.accounts[:keep]
            case Collection.GROUPS:
                half.groups = half.groups[:keep]
            case Collection.VAULTS:
                half.vaults = half.vaults[:keep]
            case Collection.MEMBERSHIPS:
                inside = [m for m in half.memberships if m.group_id == parent]
                half.memberships = [m for m in half.memberships if m not in inside[keep:]]
            case _:
                held = [g for g in half.grants if g.vault_id == parent]
                half.grants = [g for g in half.grants if g not in held[keep:]]
        marked.add((collection, parent))


def _removals(changes: Iterable[Change]) -> set[tuple[ChangeKind, str, str, str]]:
    return {
        (
            c.kind,
            (c.account or c.principal or _NOBODY).id,
            c.group.id if c.group else "",
            c.carrier,
        )
        for c in changes
        if c.kind.removes
    }


_NOBODY = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "", "")


def _plan(org: Org) -> Plan:
    context = org.context()
    return plan_sync(drift_in(context.world), context)


@settings(max_examples=100, deadline=None)
@given(_recipes, _cuts, st.booleans())
def test_a_cut_listing_never_makes_a_removal(
    recipe: Recipe, cuts: set[tuple[str, tuple[Collection, str], int]], odd: bool
) -> None:
    """Whatever is lost from listings that are known to be unsound, no removal appears that the
    whole truth would not have asked for; and none rests on such a listing.

    Two accounts tied by an id are held to be one person even while an unreadable record may have
    a rival claim by e-mail: else one odd record would stop everything.
    """
    if odd:
        recipe = replace(recipe, tie=(recipe.tie[0] or 1, *recipe.tie[1:]))
    whole, cut = _build(recipe), _build(recipe)
    _cut(cut, cuts, odd=odd)
    plan = _plan(cut)
    wanted = _removals(c for f in whole.drift() for c in f.remedy)
    assert _removals(o.change for o in plan.operations) <= wanted
    guard = next(g for g in plan.guards if g.guard == "complete listings")
    assert guard.verdict.value == "allow"


@settings(max_examples=40, deadline=None)
@given(_recipes, st.integers(0, 3), st.integers(0, 2))
def test_plans_of_any_world_are_in_order_and_sound(
    recipe: Recipe, number: int, sessions: int
) -> None:
    org = _build(recipe)
    leaving = plan_offboard(
        org.who(f"d:d{number}"),
        tuple(Session(f"T{i}", f"s{number}") for i in range(sessions)),
        org.context(),
    )
    for plan in (_plan(org), leaving):
        done: set[str] = set()
        for at, operation in enumerate(plan.operations, 1):
            assert operation.number == at
            assert set(operation.depends_on) <= done
            done.add(operation.id)
        stages = [o.stage for o in plan.operations]
        assert stages == sorted(stages)
        assert len({o.change for o in plan.operations}) == len(plan.operations)
        assert len(done) == len(plan.operations)
    ids = [f.id for f in org.drift()]
    assert len(ids) == len(set(ids))


@settings(max_examples=40, deadline=None)
@given(_recipes)
def test_nobody_ambiguous_or_unknown_is_ever_cut(recipe: Recipe) -> None:
    org = _build(recipe)
    world = org.world()
    for operation in _plan(org).operations:
        ref = operation.change.account
        if ref is not None:
            assert not world.is_ambiguous(ref.side, ref.id)
            if operation.change.kind is ChangeKind.SUSPEND:
                person = world.person_of[(ref.side, ref.id)]
                assert world.side(ref.side).accounts[ref.id].state in _ON
                assert person.directory is None or person.directory.state.is_off


def _half_is_whole(half: Half) -> bool:
    return all(x.complete for x in half.snapshot().listings)


def test_the_worlds_made_here_are_whole_and_nested() -> None:
    """The recipes reach what the oracles are about, so that they cannot pass by being empty."""
    active = (AccountState.ACTIVE,) * 4
    recipe = Recipe(
        mine=active,
        theirs=active,
        tie=(0, 1, 3, 0),
        in_directory=frozenset({("b", 0), ("a", 1)}),
        in_secrets=frozenset({("a", 3)}),
        nested=frozenset({("a", "b")}),
        by_name=frozenset(),
        wanted=frozenset({("a", "x", Level.READ)}),
        group_grants=frozenset({("a", "x", Level.WRITE)}),
        direct_grants=frozenset({(0, "y", Level.READ)}),
    )
    org = _build(recipe)
    assert _half_is_whole(org.directory)
    assert any(m.member_kind is MemberKind.GROUP for m in org.directory.memberships)
    kinds = {f.kind for f in org.drift()}
    assert {
        DriftKind.MISSING_MEMBERSHIP,
        DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY,
        DriftKind.PERMISSIONS_WIDER,
        DriftKind.DIRECT_GRANT,
        DriftKind.ACCOUNT_WITHOUT_IDENTITY,
    } <= kinds
