"""Whatever the world: what a run did is taken back exactly, but for what the plan said before."""

from dataclasses import dataclass

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.decide.journals import done, facts
from tests.decide.one_by_one import RULES
from tests.decide.worlds import Org, account

from keyturn.decide.findings import ChangeKind
from keyturn.decide.permissions import closed_to_give, in_order, level_of
from keyturn.decide.plan import plan_offboard, plan_sync
from keyturn.decide.plans import Plan
from keyturn.decide.rules import Allowed
from keyturn.decide.run_done import RunDone
from keyturn.decide.undo import not_restored, plan_undo
from keyturn_providers.records import (
    AccountState,
    Grant,
    Group,
    Level,
    PrincipalKind,
    Push,
    PushState,
    Session,
)

# Shrinking worlds of this size takes minutes.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
_PEOPLE, _TEAMS, _VAULTS = (1, 2, 3), ("a", "b", "c"), ("x", "y")
_STATES = st.sampled_from([AccountState.ACTIVE, AccountState.SUSPENDED, AccountState.INVITED])
_NAMES = st.frozensets(st.sampled_from([name for name, _ in RULES.needs]), min_size=1)
_places = st.frozensets(st.tuples(st.sampled_from(_TEAMS), st.sampled_from(_PEOPLE)), max_size=6)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a world is made of."""

    one_by_one: bool
    mine: tuple[AccountState, ...]
    theirs: tuple[AccountState, ...]
    in_directory: frozenset[tuple[str, int]]
    in_secrets: frozenset[tuple[str, int]]
    pushed: frozenset[str]
    own: frozenset[str]
    wanted: frozenset[tuple[str, str, frozenset[str]]]
    group_grants: frozenset[tuple[str, str, frozenset[str]]]
    direct_grants: frozenset[tuple[int, str, frozenset[str]]]


_recipes = st.builds(
    Recipe,
    one_by_one=st.booleans(),
    mine=st.tuples(*(_STATES for _ in _PEOPLE)),
    theirs=st.tuples(*(_STATES for _ in _PEOPLE)),
    in_directory=_places,
    in_secrets=_places,
    pushed=st.frozensets(st.sampled_from(_TEAMS)),
    own=st.frozensets(st.sampled_from(_TEAMS)),
    wanted=st.frozensets(
        st.tuples(st.sampled_from(_TEAMS), st.sampled_from(_VAULTS), _NAMES), max_size=3
    ),
    group_grants=st.frozensets(
        st.tuples(st.sampled_from(_TEAMS), st.sampled_from(_VAULTS), _NAMES), max_size=3
    ),
    direct_grants=st.frozensets(
        st.tuples(st.sampled_from(_PEOPLE), st.sampled_from(_VAULTS), _NAMES), max_size=3
    ),
)


def build(recipe: Recipe) -> Org:
    """Groups of the secret manager's own stand for no directory group."""
    org = Org()
    for number in _PEOPLE:
        org.directory.accounts.append(account(f"d{number}", state=recipe.mine[number - 1]))
        org.secrets.accounts.append(
            account(f"s{number}", state=recipe.theirs[number - 1], external_id=f"d{number}")
        )
    for team in _TEAMS:
        push = Push(PushState.OK) if team in recipe.pushed else None
        org.directory.groups.append(Group(f"dg-{team}", team, push=push))
        own = team in recipe.own
        org.secrets.groups.append(
            Group(f"sg-{team}", f"own {team}" if own else team, None if own else f"dg-{team}")
        )
        wanted = {v: names for t, v, names in sorted(recipe.wanted, key=str) if t == team}
        if wanted:
            org.mapping(team, *((v, _level(names)) for v, names in wanted.items()))
    for vault in _VAULTS:
        org.vault(vault)
    for team, number in sorted(recipe.in_directory):
        org.directory.join(f"dg-{team}", f"d{number}")
    for team, number in sorted(recipe.in_secrets):
        org.secrets.join(f"sg-{team}", f"s{number}")
    if recipe.one_by_one:
        org.secrets.permission_rules = RULES
    group, person = PrincipalKind.GROUP, PrincipalKind.ACCOUNT
    for team, vault, names in sorted(recipe.group_grants, key=str):
        _hold(org, group, f"sg-{team}", vault, names)
    for number, vault, names in sorted(recipe.direct_grants, key=str):
        _hold(org, person, f"s{number}", vault, names)
    org.rules = org.rules.__class__(mappings=org.rules.mappings, allowed=Allowed(deactivate=True))
    return org


def _level(names: frozenset[str]) -> Level:
    return level_of(RULES, closed_to_give(RULES, names))


def _hold(org: Org, kind: PrincipalKind, holder: str, vault: str, names: frozenset[str]) -> None:
    """One edge for each holder on each vault, as 1Password has it; by levels there may be more."""
    closed = closed_to_give(RULES, names)
    permissions = in_order(RULES, closed) if org.secrets.permission_rules else ()
    level = _level(names)
    part = "edge" if permissions else level.value
    carrier = f"{holder}/{vault}/{part}"
    if all(grant.carrier != carrier for grant in org.secrets.grants):
        org.secrets.grants.append(Grant(f"v-{vault}", kind, holder, level, carrier, permissions))


def undone(org: Org, run: RunDone) -> tuple[Plan, RunDone]:
    plan = plan_undo(run, org.context())
    return plan, done(org, plan, f"undo of {run.id}")


def same_but_for_what_was_said(org: Org, before: tuple[object, ...], plan: Plan) -> None:
    """States may differ where the plan said so; memberships and grants never."""
    states = [facts(org)[0], before[0], facts(org)[3], before[3]]
    for now, was in ((states[0], states[1]), (states[2], states[3])):
        assert isinstance(now, dict)
        assert isinstance(was, dict)
        lost = [one.words for one in not_restored(plan)]
        for account_id, state in was.items():
            name = f"Name {account_id[1:]} as {state.value}"
            assert now[account_id] is state or any(name in words for words in lost), lost
    after = facts(org)
    assert (after[1:3], after[4:]) == (before[1:3], before[4:])


@settings(max_examples=100, deadline=None, phases=_PHASES)
@given(_recipes, st.sampled_from(_PEOPLE))
def test_an_offboarding_is_undone_and_the_undo_as_well(recipe: Recipe, number: int) -> None:
    org = build(recipe)
    before = facts(org)
    sessions = (Session("T1", f"s{number}"),)
    run = done(org, plan_offboard(org.who(f"d:d{number}"), sessions, org.context()))
    out = facts(org)
    plan, undo = undone(org, run)
    same_but_for_what_was_said(org, before, plan)
    assert sum("End " in one.words for one in not_restored(plan)) == 2
    assert plan_undo(run, org.context()).operations == ()
    back_in = facts(org)
    # An account that is to come back comes back before anything is given to it.
    back = {o.id for o in plan.operations if o.change.kind is ChangeKind.REACTIVATE}
    for operation in plan.operations:
        earlier = {o.id for o in plan.operations if o.number < operation.number}
        assert set(operation.depends_on) <= earlier
        if operation.change.side.value == "secrets" and not operation.change.kind.removes:
            assert back - {operation.id} <= set(operation.depends_on)
    second, redo = undone(org, undo)
    same_but_for_what_was_said(org, out, second)
    third, _ = undone(org, redo)
    same_but_for_what_was_said(org, back_in, third)


@settings(max_examples=100, deadline=None, phases=_PHASES)
@given(_recipes)
def test_a_sync_is_undone(recipe: Recipe) -> None:
    org = build(recipe)
    before = facts(org)
    run = done(org, plan_sync(org.drift(), org.context()))
    plan, _ = undone(org, run)
    same_but_for_what_was_said(org, before, plan)
    assert plan_undo(run, org.context()).operations == ()
