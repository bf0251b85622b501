"""Checks of sources that grant permissions one by one."""

from keyturn_providers.abilities import (
    Ability,
    MakesGrants,
    Narrows,
    Outcome,
    Receipt,
    Revokes,
)
from keyturn_providers.conformance.bench import Bench, must, new_operation_id, same
from keyturn_providers.conformance.result import NotHere, NotSo
from keyturn_providers.conformance.writing import grants_of_target
from keyturn_providers.records import Grant, PermissionRules


async def rules_are_closed(bench: Bench) -> str:
    """The rules know every permission they name, need no permission in a circle, and each level
    has all that its permissions need and all of the level below."""
    rules = bench.about.permission_rules
    if rules is None:
        raise NotHere("it does not grant permissions one by one")
    needs = dict(rules.needs)
    if len(needs) != len(rules.needs):
        raise NotSo("a permission has its needs told twice")
    named = {name for _, names in rules.levels for name in names}
    named |= {name for _, names in rules.needs for name in names}
    if unknown := sorted(named - set(needs)):
        raise NotSo(f"nothing is said of what these need: {', '.join(unknown)}")
    for name in needs:
        if name in _all_needs(rules, name):
            raise NotSo(f"{name} needs itself in a circle")
    ranks = [level.rank for level, _ in rules.levels]
    if ranks != sorted(set(ranks)):
        raise NotSo("the levels are not in order, weakest first, each once")
    below: set[str] = set()
    for level, names in rules.levels:
        if lacking := sorted({x for name in names for x in needs[name]} - set(names)):
            raise NotSo(f"{level.value} lacks what its permissions need: {', '.join(lacking)}")
        if lost := sorted(below - set(names)):
            raise NotSo(f"{level.value} lacks what the level below has: {', '.join(lost)}")
        below = set(names)
    return f"{len(needs)} permissions, {len(rules.levels)} levels"


def _all_needs(rules: PermissionRules, name: str) -> set[str]:
    needs, found = dict(rules.needs), set[str]()
    waiting = list(needs[name])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += needs[one]
    return found


async def narrow(bench: Bench) -> str:
    """A grant is narrowed to a lower level, and nothing else is; then it is widened again by what
    it gave before."""
    bench.needs(Ability.NARROW, Ability.GRANT, Ability.REVOKE, Ability.READ_GRANT)
    target, lower = bench.subject.grant, bench.subject.narrow_to
    if target is None or lower is None:
        raise NotHere("the subject names no grant to narrow")
    maker, narrower = bench.writes(MakesGrants), bench.writes(Narrows)
    before = await grants_of_target(bench, lambda _: True)
    made = await maker.grant(
        target.vault_id,
        target.principal_kind,
        target.principal_id,
        target.level,
        new_operation_id(),
    )
    must(Outcome.APPLIED, made, "granting")
    found = await grants_of_target(bench, lambda held: len(held) > len(before)) - before
    if len(found) != 1:
        raise NotSo(f"granted once, but read back as {len(found)} grants")
    (edge,) = found
    rules = bench.about.permission_rules
    left = dict(rules.levels).get(lower, ()) if rules else ()

    async def less() -> Receipt:
        return await narrower.narrow(edge.carrier, lower, new_operation_id(), left)

    def narrowed(held: frozenset[Grant]) -> bool:
        return any(one.carrier == edge.carrier and one.level is lower for one in held)

    must(Outcome.APPLIED, await less(), "narrowing")
    after = await grants_of_target(bench, narrowed)
    if not narrowed(after):
        raise NotSo(f"narrowed to {lower.value}, but read back as {_shown(after, edge)}")
    for one in after - before:
        if rules and set(one.permissions) != set(left) & set(edge.permissions):
            raise NotSo(f"narrowed to {', '.join(left)}, but read back as {_shown(after, edge)}")
    same("the other grants", before, frozenset(g for g in after if g.carrier != edge.carrier))
    must(Outcome.ALREADY_SO, await less(), "narrowing again")
    restored = await maker.restore(edge.carrier, new_operation_id(), edge.permissions)
    must(Outcome.APPLIED, restored, "restoring")
    same("the grants", before | {edge}, await grants_of_target(bench, lambda held: edge in held))
    gone = await bench.writes(Revokes).revoke(edge.carrier, new_operation_id())
    must(Outcome.APPLIED, gone, "revoking")
    same("the grants", before, await grants_of_target(bench, lambda held: held == before))
    return f"{edge.carrier}: from {edge.level.value} to {lower.value} and back"


def _shown(held: frozenset[Grant], edge: Grant) -> str:
    found = [
        f"{one.level.value} ({', '.join(one.permissions)})"
        for one in held
        if one.carrier == edge.carrier
    ]
    return "; ".join(found) or "nothing"
