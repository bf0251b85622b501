"""Drift of grants that groups hold, against the policy's mappings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from keyturn.decide.desired import (
    beyond,
    desired_grants,
    not_to_be_given,
    short_of,
    wish_words,
)
from keyturn.decide.doubt import group_in_doubt
from keyturn.decide.drift.making import Remedy, by_hand, finding, remedy
from keyturn.decide.drift.revoking import give, keeps, less, lost_with, one_by_one, take
from keyturn.decide.findings import Change, Finding, ObjectKind, Ref
from keyturn.decide.groups import GroupLink
from keyturn.decide.names import LEVEL_WORDS, group_ref, listed, vault_ref
from keyturn.decide.permissions import known_to
from keyturn.decide.policy_objects import Trouble
from keyturn.decide.proof import GROUPS_ALL, Need, grants_needed, unproven
from keyturn.decide.rules import GrantRule
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import Collection, Grant, Level, PrincipalKind, Side


def group_grant_drift(world: World) -> Iterator[Finding]:
    """What each secrets group may and should not, and the reverse."""
    missing = unproven(world, (*GROUPS_ALL, *grants_needed(world)))
    for (kind, group_id), grants in world.secrets.grants_of.items():
        if kind is PrincipalKind.GROUP:
            yield from _held(world, group_id, grants, missing)
    for link in world.links:
        if link.mappings:
            yield from _not_held(world, link, missing)


def _held(
    world: World, group_id: str, grants: tuple[Grant, ...], missing: tuple[str, ...]
) -> Iterator[Finding]:
    link = world.link_of_secrets.get(group_id)
    wanted = desired_grants(link)
    by_vault: dict[str, list[Grant]] = defaultdict(list)
    for grant in grants:
        if grant.level is not Level.NONE:
            by_vault[grant.vault_id].append(grant)
    holder = _group(world, group_id)
    against = group_in_doubt(world, group_id)
    for vault_id, held in by_vault.items():
        rule = wanted.get(vault_id)
        for grant in held:
            if rule is None:
                yield _unwanted(world, holder, grant, wanted, missing, against)
            elif unclear(world, grant):
                yield _unclear(world, holder, grant, rule)
            elif beyond(grant, rule):
                yield _wider(world, holder, grant, rule, wanted, missing, against)
        if rule is not None and short_of(held, rule):
            yield _narrower(world, holder, held, rule, missing, against)


def _unwanted(
    world: World,
    holder: Ref,
    grant: Grant,
    wanted: Mapping[str, GrantRule],
    missing: tuple[str, ...],
    against: str,
) -> Finding:
    vault = _vault(world, grant.vault_id)
    mend: Remedy
    if unclear(world, grant):
        mend = by_hand(f"keyturn cannot evaluate what it allows ({_odd(grant)}): look there.")
    else:
        mend = remedy(
            world,
            [take(world, holder, grant)],
            missing=missing,
            against=against or keeps(world, grant, holder, wanted),
        )
    return finding(
        DriftKind.GRANT_NOT_IN_POLICY,
        Severity.HIGH if grant.level.rank >= Level.WRITE.rank else Severity.MEDIUM,
        holder,
        f"{holder.name} may {LEVEL_WORDS[grant.level]} {vault.name}, which the policy does not "
        f"want.{lost_with(world, grant)}",
        mend,
        of=vault,
        path=grant.carrier,
        part=grant.carrier,
    )


def _wider(
    world: World,
    holder: Ref,
    grant: Grant,
    rule: GrantRule,
    wanted: Mapping[str, GrantRule],
    missing: tuple[str, ...],
    against: str,
) -> Finding:
    vault = _vault(world, grant.vault_id)
    others = {v: r for v, r in wanted.items() if v != grant.vault_id}
    return finding(
        DriftKind.PERMISSIONS_WIDER,
        Severity.HIGH if grant.level is Level.MANAGE else Severity.MEDIUM,
        holder,
        f"{holder.name} may {LEVEL_WORDS[grant.level]} {vault.name}; the policy (line {rule.line}) "
        f"wants {wish_words(world, rule)}{_beyond(grant, rule)}.{lost_with(world, grant)}",
        remedy(
            world,
            _smaller(world, holder, grant, rule),
            missing=missing,
            against=against or not_to_be_given(world, rule) or keeps(world, grant, holder, others),
        ),
        of=vault,
        path=grant.carrier,
        policy_line=rule.line,
        part=grant.carrier,
    )


def _beyond(grant: Grant, rule: GrantRule) -> str:
    """The permissions that are too many, where there are such."""
    if not (grant.permissions and rule.permissions):
        return ""
    return f", without {listed(beyond(grant, rule), limit=len(grant.permissions))}"


def _smaller(world: World, holder: Ref, grant: Grant, rule: GrantRule) -> list[Change]:
    if one_by_one(world) and grant.permissions:
        return [less(world, holder, grant, rule, to_be_whole=short_of([grant], rule))]
    # The right level first, so that nobody is without access in between.
    enough = any(
        g.level is rule.level
        for g in world.secrets.grants_of[(PrincipalKind.GROUP, holder.id)]
        if g.vault_id == grant.vault_id
    )
    first = [] if enough else [give(world, holder, _vault(world, grant.vault_id), rule)]
    return [*first, take(world, holder, grant)]


def unclear(world: World, grant: Grant) -> bool:
    """Whether nobody can say what a grant allows. Permissions that are known say it themselves."""
    rules = world.secrets.snapshot.permission_rules
    if rules is None or not grant.permissions:
        return grant.level is Level.UNKNOWN
    return not set(grant.permissions) <= known_to(rules)


def _narrower(
    world: World,
    holder: Ref,
    held: list[Grant],
    rule: GrantRule,
    missing: tuple[str, ...],
    against: str,
) -> Finding:
    vault = _vault(world, rule.vault.id)
    level = max(held, key=lambda g: g.level.rank).level
    return finding(
        DriftKind.PERMISSIONS_NARROWER,
        Severity.LOW,
        holder,
        f"{holder.name} may only {LEVEL_WORDS[level]} {vault.name}; the policy (line {rule.line}) "
        f"wants {wish_words(world, rule)}.",
        remedy(
            world,
            [give(world, holder, vault, rule)],
            missing=missing,
            against=against or not_to_be_given(world, rule),
        ),
        of=vault,
        path=listed(g.carrier for g in held),
        policy_line=rule.line,
    )


def _unclear(world: World, holder: Ref, grant: Grant, rule: GrantRule) -> Finding:
    vault = _vault(world, grant.vault_id)
    return finding(
        DriftKind.UNKNOWN_STATE,
        Severity.MEDIUM,
        holder,
        f"What {holder.name} may do on {vault.name} cannot be evaluated ({_odd(grant)}); the "
        f"policy (line {rule.line}) wants {wish_words(world, rule)}.",
        by_hand(f"Look at {grant.carrier} in {world.secrets.name}."),
        of=vault,
        path=grant.carrier,
        policy_line=rule.line,
        part=grant.carrier,
    )


def _not_held(world: World, link: GroupLink, missing: tuple[str, ...]) -> Iterator[Finding]:
    held = {
        grant.vault_id
        for grant in world.secrets.grants_of.get(
            (PrincipalKind.GROUP, link.secrets.id if link.secrets else ""), ()
        )
        if grant.level is not Level.NONE
    }
    for vault_id, rule in desired_grants(link).items():
        dispute = world.disputed.get((Side.SECRETS, ObjectKind.VAULT, vault_id))
        if vault_id in held or (dispute is not None and dispute.trouble is Trouble.GONE):
            continue
        vault = Ref(
            Side.SECRETS,
            ObjectKind.VAULT,
            vault_id,
            world.secrets.vaults[vault_id].name
            if vault_id in world.secrets.vaults
            else rule.vault.name or vault_id,
        )
        if link.secrets is not None:
            holder = group_ref(Side.SECRETS, link.secrets)
            mend = remedy(
                world,
                [give(world, holder, vault, rule)],
                missing=missing,
                against=group_in_doubt(world, link.secrets.id) or not_to_be_given(world, rule),
            )
        else:
            holder = Ref(Side.DIRECTORY, ObjectKind.GROUP, link.key.removeprefix("d:"), link.name)
            mend = by_hand(
                link.problem
                or f"No group in {world.secrets.name} stands for {link.name}: make one there with "
                "its name, or name it as secrets_group."
            )
        yield finding(
            DriftKind.MISSING_GRANT,
            Severity.MEDIUM,
            holder,
            f"{holder.name} should be able to {LEVEL_WORDS[rule.level]} {vault.name} (policy line "
            f"{rule.line}), but cannot.",
            mend,
            of=vault,
            policy_line=rule.line,
            unread=unproven(world, _where_held(link, vault_id)),
        )


def _where_held(link: GroupLink, vault_id: str) -> tuple[Need, ...]:
    """Where the grant could be all the same."""
    group = () if link.secrets is not None else GROUPS_ALL[1:]
    return (*group, Need(Side.SECRETS, Collection.GRANTS, vault_id))


def _odd(grant: Grant) -> str:
    return grant.note or listed(grant.permissions)


def _group(world: World, group_id: str) -> Ref:
    return Ref(Side.SECRETS, ObjectKind.GROUP, group_id, world.secrets.group_name(group_id))


def _vault(world: World, vault_id: str) -> Ref:
    vault = world.secrets.vaults.get(vault_id)
    if vault is None:
        return Ref(Side.SECRETS, ObjectKind.VAULT, vault_id, vault_id)
    return vault_ref(vault)
