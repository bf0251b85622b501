"""How a simulated source that grants permissions one by one keeps its grants in order."""

from collections.abc import Iterable

from keyturn_providers.records import Level, PermissionRules

RULES = PermissionRules(
    levels=(
        (Level.READ, ("view", "reveal")),
        (Level.WRITE, ("view", "reveal", "edit", "export")),
        (Level.MANAGE, ("view", "reveal", "edit", "export", "manage")),
    ),
    needs=(
        ("view", ()),
        ("reveal", ("view",)),
        ("edit", ("view", "reveal")),
        ("export", ("view", "reveal")),
        ("manage", ()),
    ),
)
"""Few permissions with the kinds of dependence that real ones have."""


def of_level(rules: PermissionRules, level: Level) -> tuple[str, ...]:
    """What a level stands for; nothing for a level the rules do not have."""
    return dict(rules.levels).get(level, ())


def in_order(rules: PermissionRules, names: Iterable[str]) -> tuple[str, ...]:
    """The names in the order of the rules."""
    wanted = set(names)
    return tuple(name for name, _ in rules.needs if name in wanted)


def level_of(rules: PermissionRules, names: Iterable[str]) -> Level:
    """The widest level that is held whole; LIST where some are held and no level is."""
    held = set(names)
    whole = [level for level, of in rules.levels if set(of) <= held]
    return whole[-1] if whole else Level.LIST if held else Level.NONE


def lacking(rules: PermissionRules, names: Iterable[str]) -> tuple[str, ...]:
    """What the names need and do not have with them, or are not known to the rules."""
    held, needs = set(names), dict(rules.needs)
    unknown = held - set(needs)
    return (
        *sorted(unknown),
        *in_order(rules, {x for y in held - unknown for x in needs[y]} - held),
    )


def kept(rules: PermissionRules, held: Iterable[str], left: Iterable[str]) -> tuple[str, ...]:
    """What of `held` stays when all beyond `left` is taken, with what cannot be without that."""
    stays = set(held) & set(left)
    while lost := {name for name in stays if not set(dict(rules.needs)[name]) <= stays}:
        stays -= lost
    return in_order(rules, stays)
