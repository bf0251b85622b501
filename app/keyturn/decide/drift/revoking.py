"""What a revocation takes with it. A carrier may reach several vaults, and a token several
carriers: all of that is named, and nothing the policy wants is taken along."""

from collections.abc import Mapping

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.index import edge_of
from keyturn.decide.names import listed
from keyturn.decide.rules import GrantRule
from keyturn.decide.world import World
from keyturn_providers.records import Grant, Level, PrincipalKind, Side

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
    )


def give(holder: Ref, vault: Ref, level: Level) -> Change:
    """A new grant of `level` to a group or an account."""
    return Change(
        ChangeKind.GRANT,
        Side.SECRETS,
        principal_kind=_PRINCIPAL_OF[holder.kind],
        principal=holder,
        vaults=(vault,),
        level=level,
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
