"""Sets of single permissions: closed both ways, whatever the rules are."""

from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.permissions import (
    closed_to_give,
    closed_to_take,
    in_order,
    known_to,
    left_of,
    level_of,
    of_level,
    resolved,
)
from keyturn.decide.rules import GrantRule, Mapping, NamedId, Rules, Waiver
from keyturn_providers.records import Level, PermissionRules

NAMES = tuple("abcdefg")
some = st.frozensets(st.sampled_from(NAMES))


@st.composite
def any_rules(draw: st.DrawFn) -> PermissionRules:
    """Any needs, circles among them, and levels that are closed and contain each other."""
    needs = tuple((name, tuple(sorted(draw(some)))) for name in NAMES)
    bare = PermissionRules((), needs)
    held: frozenset[str] = frozenset()
    levels: list[tuple[Level, tuple[str, ...]]] = []
    for level in (Level.READ, Level.WRITE, Level.MANAGE):
        held = closed_to_give(bare, held | draw(some))
        levels.append((level, tuple(sorted(held))))
    return PermissionRules(tuple(levels), needs)


def closed(rules: PermissionRules, names: frozenset[str]) -> bool:
    """By the rules themselves, one step at a time."""
    needs = dict(rules.needs)
    return all(set(needs[name]) <= names for name in names)


@given(any_rules(), some)
def test_what_is_given_is_the_smallest_closed_set(
    rules: PermissionRules, wanted: frozenset[str]
) -> None:
    found = closed_to_give(rules, wanted)
    assert wanted <= found
    assert closed(rules, found)
    assert closed_to_give(rules, found) == found
    for name in found - wanted:
        assert not closed(rules, found - {name}) or not wanted <= found - {name}


@given(any_rules(), some, some)
def test_what_is_taken_leaves_a_closed_set(
    rules: PermissionRules, held: frozenset[str], wanted: frozenset[str]
) -> None:
    has = closed_to_give(rules, held)
    gone = closed_to_take(rules, has, wanted)
    assert wanted & has <= gone <= has
    assert closed(rules, has - gone)
    for name in gone:
        assert not wanted.isdisjoint(closed_to_give(rules, {name}))


@given(any_rules(), some, some)
def test_narrowing_leaves_the_most_that_is_wished_for(
    rules: PermissionRules, held: frozenset[str], wanted: frozenset[str]
) -> None:
    has = closed_to_give(rules, held)
    left = left_of(rules, has, wanted)
    assert left == has & closed_to_give(rules, wanted)
    assert closed(rules, left)


@given(any_rules(), some, some)
def test_more_wished_for_never_leaves_less(
    rules: PermissionRules, held: frozenset[str], wanted: frozenset[str]
) -> None:
    for name in NAMES:
        assert left_of(rules, held, wanted) <= left_of(rules, held, wanted | {name})


@given(any_rules(), some)
def test_a_level_is_the_lowest_that_allows_all(
    rules: PermissionRules, names: frozenset[str]
) -> None:
    level = level_of(rules, names)
    if not names:
        assert level is Level.NONE
    elif level is Level.UNKNOWN:
        assert not names <= set(rules.levels[-1][1])
    else:
        assert names <= of_level(rules, level)
        lower = [of for one, of in rules.levels if one.rank < level.rank]
        assert not any(names <= set(of) for of in lower)


RULES = PermissionRules(
    levels=((Level.READ, ("view",)), (Level.WRITE, ("view", "edit"))),
    needs=(("view", ()), ("edit", ("view",)), ("share", ("view",))),
)


def test_levels_without_a_set_of_their_own_are_the_next_below() -> None:
    assert of_level(RULES, Level.MANAGE) == {"view", "edit"}
    assert of_level(RULES, Level.LIST) == frozenset()
    assert of_level(RULES, Level.UNKNOWN) == frozenset()
    assert known_to(RULES) == {"view", "edit", "share"}
    assert in_order(RULES, ["x", "share", "a", "view", "view"]) == ("view", "share", "a", "x")


def test_a_policy_is_resolved_by_the_source_s_rules() -> None:
    vault = NamedId("v", "v")
    policy = Rules(
        mappings=(
            Mapping(
                NamedId("g", "g"),
                (
                    GrantRule(vault, Level.WRITE),
                    GrantRule(vault, Level.UNKNOWN, permissions=("edit",)),
                    GrantRule(vault, Level.UNKNOWN, permissions=("share",)),
                ),
            ),
        ),
        exceptions=(Waiver("ana", vault, Level.READ, 1, "o", "r"),),
    )
    assert resolved(policy, None) is policy
    found = resolved(policy, RULES)
    grants = [(rule.level, rule.permissions) for rule in found.mappings[0].grants]
    assert grants == [
        (Level.WRITE, ("view", "edit")),
        (Level.WRITE, ("view", "edit")),
        (Level.UNKNOWN, ("view", "share")),
    ]
    assert (found.exceptions[0].level, found.exceptions[0].permissions) == (Level.READ, ("view",))
    assert resolved(found, RULES) == found
