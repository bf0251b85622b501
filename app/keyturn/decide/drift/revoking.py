"""What a revocation takes with it. A carrier may reach several vaults, and a token several
carriers: all of that is named, and nothing the policy wants is taken along."""

from collections.abc import Mapping
from dataclasses import replace

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.index import edge_of
from keyturn.decide.names import listed
from keyturn.decide.permissions import in_order, left_of, level_of
from keyturn.decide.rules import GrantRule, Waiver
from keyturn.decide.world import World
from keyturn_providers.records import Grant, PrincipalKind, Side

_PRINCIPAL_OF = {
    ObjectKind.ACCOUNT: PrincipalKind.ACCOUNT,
    ObjectKind.GROUP: PrincipalKind.GROUP,
    ObjectKind.MACHINE: PrincipalKind.MACHINE,
}


def take(world: World, holder: Ref, grant: Grant) -> Change:
    """The revocation of the grant's carrier, with every vault it opens. The same for each of the
    grants that share the carrier, so that a plan holds it once."""
    together = world.secrets.by_edge[edge_of(grant.carrier)]
    vaults = {g.vault_id: world.secrets.vault_name(g.vault_id) for g in together}
    return Change(
        ChangeKind.REVOKE,
        Side.SECRETS,
        principal_kind=_PRINCIPAL_OF[holder.kind],
        principal=holder,
        vaults=tuple(
            Ref(Side.SECRETS, ObjectKind.VAULT, vault_id, name)
            for vault_id, name in sorted(vaults.items(), key=lambda item: (item[1], item[0]))
        ),
        level=max((g.level for g in together), key=lambda level: level.rank),
        carrier=grant.carrier,
        permissions=grant.permissions if one_by_one(world) and len(together) == 1 else (),
    )


def one_by_one(world: World) -> bool:
    """Whether the secret manager grants permissions one by one."""
    return world.secrets.snapshot.permission_rules is not None


def less(
    world: World, holder: Ref, grant: Grant, wish: GrantRule | Waiver, *, to_be_whole: bool = False
) -> Change:
    """What takes from a grant all that goes beyond a wish, where permissions are granted one by
    one; the whole grant where nothing would be left. `to_be_whole`: what the wish has and the grant
    lacks is given to it too, in the same plan perhaps, and stays."""
    rules = world.secrets.snapshot.permission_rules
    held = (*grant.permissions, *(wish.permissions if to_be_whole else ()))
    left = left_of(rules, held, wish.permissions) if rules is not None else frozenset()
    if rules is None or not left:
        return take(world, holder, grant)
    return replace(
        take(world, holder, grant),
        kind=ChangeKind.NARROW,
        level=level_of(rules, left),
        permissions=in_order(rules, left),
    )


def give(world: World, holder: Ref, vault: Ref, wish: GrantRule) -> Change:
    """A new grant of what is wished for to a group or an account; where permissions are granted one
    by one, with the closed set of them."""
    return Change(
        ChangeKind.GRANT,
        Side.SECRETS,
        principal_kind=_PRINCIPAL_OF[holder.kind],
        principal=holder,
        vaults=(vault,),
        level=wish.level,
        permissions=wish.permissions if one_by_one(world) else (),
    )


def taken_along(world: World, grant: Grant) -> tuple[Grant, ...]:
    """The other grants that go when this one's carrier is revoked."""
    return tuple(g for g in world.secrets.by_edge[edge_of(grant.carrier)] if g != grant)


def lost_with(world: World, grant: Grant) -> str:
    """A sentence naming what else hangs on the carrier; empty where nothing does."""
    others = {g.vault_id: world.secrets.vault_name(g.vault_id) for g in taken_along(world, grant)}
    others.pop(grant.vault_id, None)
    if not others:
        return ""
    return f" The same edge also opens {listed(sorted(others.values()))}."


def keeps(world: World, grant: Grant, holder: Ref, wanted: Mapping[str, GrantRule]) -> str:
    """Why the carrier may not be revoked by keyturn: it cannot be, or the policy wants some of
    what it opens (`wanted`, by vault id). Empty where it may."""
    if not grant.revocable:
        return f"{world.secrets.name} does not let this be revoked: {grant.note or 'no reason'}."
    needed = sorted(
        world.secrets.vault_name(g.vault_id)
        for g in taken_along(world, grant)
        if g.vault_id in wanted and g.vault_id != grant.vault_id
    )
    if not needed:
        return ""
    return (
        f"The same edge gives {holder.name} what the policy wants on {listed(needed)}: split it in "
        f"{world.secrets.name} first."
    )
