"""Mappings made from the present state: what groups hold now, said to be what should be. Pure.

Only what is proven is adopted: from a grant that was not read, the next plan would take it away.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from keyturn.decide.doubt import group_in_doubt
from keyturn.decide.drift.grants import unclear
from keyturn.decide.groups import GroupLink, LinkedBy
from keyturn.decide.index import members_of
from keyturn.decide.names import counted, listed
from keyturn.decide.permissions import in_order, level_of, of_level
from keyturn.decide.plans import LeftAlone
from keyturn.decide.proof import GROUPS_ALL, grants_needed, unproven
from keyturn.decide.rules import GrantRule, Mapping, NamedId
from keyturn.decide.world import World
from keyturn_providers.records import Grant, Level, PrincipalKind


@dataclass(frozen=True, slots=True)
class AdoptedMapping:
    """A mapping that says what is so now. `members` counts who is in the directory group, nested
    groups included; `linked_by` is why this group of the secret manager stands for it."""

    mapping: Mapping
    linked_by: LinkedBy
    members: int


@dataclass(frozen=True, slots=True)
class Adopted:
    """`mapped` counts the groups that the policy maps already: they stay as they are. `left_out`
    is access that no mapping can say, each with the reason. Where something is `missing`, listings
    in words, nothing is adopted."""

    mappings: tuple[AdoptedMapping, ...] = ()
    left_out: tuple[LeftAlone, ...] = ()
    mapped: int = 0
    missing: tuple[str, ...] = ()


def adopt(world: World, groups: Collection[str] | None = None) -> Adopted:
    """Mappings for every directory group whose group in the secret manager opens vaults and that
    the policy does not map yet; with `groups`, ids of either side, for these only."""
    missing = unproven(world, (*GROUPS_ALL, *grants_needed(world)))
    if missing:
        return Adopted(missing=missing)
    found: list[AdoptedMapping] = []
    left: list[LeftAlone] = []
    mapped = 0
    for link in world.links:
        held = _held(world, link)
        if not held or (groups is not None and not _is_one_of(link, groups)):
            continue
        if link.mappings:
            mapped += 1
        elif reason := _not_to_be_said(world, link):
            left.append(LeftAlone(_opens(world, link, held), reason))
        else:
            made = _mapping(world, link, held, left)
            found += [made] if made is not None else []
    if groups is None:
        left += _direct(world)
    return Adopted(tuple(found), tuple(left), mapped)


def preset_of(world: World, rule: GrantRule) -> bool:
    """Whether a preset says all of a rule; else its single permissions have to be listed."""
    rules = world.secrets.snapshot.permission_rules
    return rules is None or set(rule.permissions) == of_level(rules, rule.level)


def _held(world: World, link: GroupLink) -> dict[str, list[Grant]]:
    """By vault the grants of the link's group in the secret manager."""
    found: dict[str, list[Grant]] = defaultdict(list)
    holder = link.secrets.id if link.secrets is not None else ""
    for grant in world.secrets.grants_of.get((PrincipalKind.GROUP, holder), ()):
        if grant.level is not Level.NONE:
            found[grant.vault_id].append(grant)
    return found


def _is_one_of(link: GroupLink, groups: Collection[str]) -> bool:
    return any(one is not None and one.id in groups for one in (link.directory, link.secrets))


def _not_to_be_said(world: World, link: GroupLink) -> str:
    """Why no mapping can say what a group opens; empty where one can."""
    if link.directory is None:
        return link.problem or (
            f"No group of {world.directory.name} stands for it: name the pair under mappings with "
            "secrets_group, or make one there."
        )
    return group_in_doubt(world, link.secrets.id) if link.secrets is not None else ""


def _mapping(
    world: World, link: GroupLink, held: dict[str, list[Grant]], left: list[LeftAlone]
) -> AdoptedMapping | None:
    rules: list[GrantRule] = []
    for vault_id in sorted(held, key=lambda one: (world.secrets.vault_name(one), one)):
        if any(unclear(world, grant) for grant in held[vault_id]):
            words = _opens(world, link, {vault_id: held[vault_id]})
            left.append(LeftAlone(words, "keyturn cannot evaluate what it allows: say it by hand."))
        else:
            rules.append(_rule(world, vault_id, held[vault_id]))
    if not rules or link.directory is None or link.secrets is None:
        return None
    return AdoptedMapping(
        Mapping(
            NamedId(link.directory.id, link.directory.name),
            tuple(rules),
            NamedId(link.secrets.id, link.secrets.name),
        ),
        link.linked_by,
        len(members_of(world.directory, link.directory.id)),
    )


def _rule(world: World, vault_id: str, held: list[Grant]) -> GrantRule:
    """All that the grants give together."""
    vault = NamedId(vault_id, world.secrets.vault_name(vault_id))
    level = max((grant.level for grant in held), key=lambda one: one.rank)
    rules = world.secrets.snapshot.permission_rules
    if rules is None:
        return GrantRule(vault, level)
    names = {name for grant in held for name in grant.permissions}
    names |= {n for grant in held if not grant.permissions for n in of_level(rules, grant.level)}
    return GrantRule(vault, level_of(rules, names), permissions=in_order(rules, names))


def _opens(world: World, link: GroupLink, held: dict[str, list[Grant]]) -> str:
    names = sorted(world.secrets.vault_name(vault_id) for vault_id in held)
    return f"{link.name} opens {listed(names)}"


def _direct(world: World) -> Iterator[LeftAlone]:
    """Grants to single accounts: an exception needs what no source knows."""
    held = [
        (holder, grant.vault_id)
        for (kind, holder), grants in world.secrets.grants_of.items()
        for grant in grants
        if kind is PrincipalKind.ACCOUNT and grant.level is not Level.NONE
    ]
    if held:
        people = counted(len({holder for holder, _ in held}), "account")
        yield LeftAlone(
            f"{counted(len(set(held)), 'direct grant')} of {people}",
            "A mapping is for groups. An exception needs an owner, a reason and a last day: e on "
            "the Drift screen writes one.",
        )
