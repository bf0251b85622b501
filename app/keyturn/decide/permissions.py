"""Sets of single permissions, for sources that grant them one by one: what needs what, and so what
must be given, or goes, together. Pure, by the source's own rules."""

from collections.abc import Iterable
from dataclasses import replace

from keyturn.decide.rules import GrantRule, Rules, Waiver
from keyturn_providers.records import Level, PermissionRules


def known_to(rules: PermissionRules) -> frozenset[str]:
    """Every permission the rules say anything about."""
    of_levels = {name for _, names in rules.levels for name in names}
    return frozenset(of_levels | {name for name, _ in rules.needs})


def in_order(rules: PermissionRules, names: Iterable[str]) -> tuple[str, ...]:
    """Each name once: in the order of the rules, then what they do not know, by name."""
    wanted = set(names)
    ranks = {name: place for place, (name, _) in enumerate(rules.needs)}
    return tuple(sorted(wanted, key=lambda name: (ranks.get(name, len(ranks)), name)))


def closed_to_give(rules: PermissionRules, names: Iterable[str]) -> frozenset[str]:
    """`names` with everything they cannot be held without."""
    needs = dict(rules.needs)
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs.get(name, ()))
    return frozenset(found)


def closed_to_take(
    rules: PermissionRules, held: Iterable[str], names: Iterable[str]
) -> frozenset[str]:
    """What of `held` goes when `names` are taken: those, and all that cannot be held without."""
    taken = frozenset(names)
    return frozenset(name for name in held if not taken.isdisjoint(closed_to_give(rules, {name})))


def left_of(rules: PermissionRules, held: Iterable[str], wanted: Iterable[str]) -> frozenset[str]:
    """What stays of `held` when everything beyond `wanted` is taken."""
    has = frozenset(held)
    return has - closed_to_take(rules, has, has - closed_to_give(rules, wanted))


def of_level(rules: PermissionRules, level: Level) -> frozenset[str]:
    """What a level stands for: its own set, or that of the widest level below it there is."""
    fitting = [names for one, names in rules.levels if one.rank <= level.rank]
    return frozenset(fitting[-1]) if fitting and level is not Level.UNKNOWN else frozenset()


def level_of(rules: PermissionRules, names: Iterable[str]) -> Level:
    """The lowest level that allows all of `names`; UNKNOWN where none does."""
    held = frozenset(names)
    if not held:
        return Level.NONE
    return next((level for level, of in rules.levels if held <= frozenset(of)), Level.UNKNOWN)


def resolved(policy: Rules, rules: PermissionRules | None) -> Rules:
    """The policy with every grant and exception as the source would be told it: the closed set of
    permissions, and the level that allows all of them. Unchanged where the source grants levels."""
    if rules is None:
        return policy
    return replace(
        policy,
        mappings=tuple(
            replace(one, grants=tuple(_grant(rules, grant) for grant in one.grants))
            for one in policy.mappings
        ),
        exceptions=tuple(_waiver(rules, waiver) for waiver in policy.exceptions),
    )


def _grant(rules: PermissionRules, rule: GrantRule) -> GrantRule:
    level, permissions = _both(rules, rule.level, rule.permissions)
    return replace(rule, level=level, permissions=permissions)


def _waiver(rules: PermissionRules, waiver: Waiver) -> Waiver:
    level, permissions = _both(rules, waiver.level, waiver.permissions)
    return replace(waiver, level=level, permissions=permissions)


def _both(
    rules: PermissionRules, level: Level, named: tuple[str, ...]
) -> tuple[Level, tuple[str, ...]]:
    if not named:
        return level, in_order(rules, of_level(rules, level))
    closed = closed_to_give(rules, named)
    return level_of(rules, closed), in_order(rules, closed)
