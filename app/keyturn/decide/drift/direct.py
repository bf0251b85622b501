"""Drift of direct grants and of privileged roles: what a person holds past every group."""

from collections.abc import Iterator

from keyturn.decide.desired import Permitted, not_to_be_given, permitted, wish_words
from keyturn.decide.drift.grants import unclear
from keyturn.decide.drift.making import Remedy, by_hand, finding, remedy
from keyturn.decide.drift.revoking import (
    keeps,
    less,
    lost_with,
    one_by_one,
    take,
    taken_along,
)
from keyturn.decide.findings import Finding, ObjectKind, Ref
from keyturn.decide.index import chains_of
from keyturn.decide.names import LEVEL_WORDS, account_ref
from keyturn.decide.proof import (
    ACCOUNTS_ALL,
    ACCOUNTS_SEEN,
    Need,
    accounts_needed,
    grants_needed,
    unproven,
)
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import Grant, Level, PrincipalKind, Side


def direct_grant_drift(world: World) -> Iterator[Finding]:
    """Grants held by accounts themselves that no live exception covers."""
    grants_missing = unproven(world, grants_needed(world))
    missing: dict[tuple[Need, ...], tuple[str, ...]] = {
        needs: (*unproven(world, needs), *grants_missing) for needs in (ACCOUNTS_SEEN, ACCOUNTS_ALL)
    }
    for (kind, account_id), grants in world.secrets.grants_of.items():
        if kind is not PrincipalKind.ACCOUNT:
            continue
        needs = accounts_needed(world.person_of.get((Side.SECRETS, account_id)))
        for grant in grants:
            if grant.level is not Level.NONE:
                yield from _direct(world, account_id, grant, missing[needs])


def _direct(
    world: World, account_id: str, grant: Grant, missing: tuple[str, ...]
) -> Iterator[Finding]:
    person = world.person_of.get((Side.SECRETS, account_id))
    key = person.key if person else ""
    allowed = permitted(world, key, grant.vault_id)
    if allowed.covers(grant) and not allowed.unclear:
        return
    name = person.name if person else account_id
    holder = Ref(Side.SECRETS, ObjectKind.ACCOUNT, account_id, name)
    vault = Ref(
        Side.SECRETS, ObjectKind.VAULT, grant.vault_id, world.secrets.vault_name(grant.vault_id)
    )
    kind, severity, words, line = _said(world, account_id, name, vault.name, grant, allowed)
    yield finding(
        kind,
        severity,
        holder,
        words + lost_with(world, grant),
        _mend(world, _own(world, holder), key, grant, allowed, missing),
        of=vault,
        person=key,
        path=grant.carrier,
        policy_line=line,
        part=grant.carrier,
    )


def _own(world: World, holder: Ref) -> Ref:
    """The account by the name it has itself, for a change is checked against the account."""
    account = world.secrets.accounts.get(holder.id)
    return holder if account is None else account_ref(Side.SECRETS, account)


def _said(
    world: World, account_id: str, name: str, vault: str, grant: Grant, allowed: Permitted
) -> tuple[DriftKind, Severity, str, int]:
    may = f"{name} may {LEVEL_WORDS[grant.level]} {vault} directly"
    if allowed.live is not None and not allowed.covers(grant):
        words = (
            f"{may}; the exception (line {allowed.live.line}) allows "
            f"{wish_words(world, allowed.live)}."
        )
        return DriftKind.PERMISSIONS_WIDER, Severity.HIGH, words, allowed.live.line
    if allowed.ended is not None and allowed.live is None:
        words = (
            f"{may} by an exception (line {allowed.ended.line}, {allowed.ended.reason}) that has "
            "ended."
        )
        return DriftKind.EXPIRED_EXCEPTION, Severity.HIGH, words, allowed.ended.line
    through = _also_through(world, account_id, grant)
    if through:
        words = f"{may}, though {through} gives that already: the direct grant is redundant."
        return DriftKind.DIRECT_GRANT, Severity.LOW, words, 0
    words = f"{may}, and through no group; the policy has no exception for it."
    severity = Severity.HIGH if grant.level.rank >= Level.MANAGE.rank else Severity.MEDIUM
    return DriftKind.DIRECT_GRANT, severity, words, 0


def _mend(
    world: World,
    holder: Ref,
    key: str,
    grant: Grant,
    allowed: Permitted,
    missing: tuple[str, ...],
) -> Remedy:
    if unclear(world, grant):
        return by_hand(f"keyturn cannot evaluate what it allows ({grant.note}): look there.")
    against = keeps(world, grant, holder, {})
    if allowed.unclear:
        against = "An exception may mean this person or another one: name them by id in the policy."
    for other in taken_along(world, grant):
        if permitted(world, key, other.vault_id).covers(other):
            against = (
                "The same edge gives what an exception allows on "
                f"{world.secrets.vault_name(other.vault_id)}: split it in {world.secrets.name} "
                "first."
            )
    change = take(world, holder, grant)
    if allowed.live is not None and one_by_one(world) and grant.permissions:
        change = less(world, holder, grant, allowed.live)
        against = against or not_to_be_given(world, allowed.live)
    elif allowed.live is not None:
        against = (
            f"Give {allowed.live.level.value} instead in {world.secrets.name}: keyturn cannot tell "
            "whether the exception is used by this very grant."
        )
    return remedy(world, [change], missing=missing, against=against)


def _also_through(world: World, account_id: str, grant: Grant) -> str:
    """The chain of groups that gives at least the same on the same vault; empty where none does."""
    for chain in chains_of(world.secrets, account_id):
        for held in world.secrets.grants_of.get((PrincipalKind.GROUP, chain[-1]), ()):
            same = held.vault_id == grant.vault_id and held.level is not Level.UNKNOWN
            if same and held.level.rank >= grant.level.rank:
                return " > ".join(world.secrets.group_name(x) for x in chain)
    return ""


def role_drift(world: World) -> Iterator[Finding]:
    """Privileged roles in the secret manager that the policy does not name."""
    allowed = {
        (key, rule.role.casefold())
        for rule in world.rules.privileges
        for key in world.people_called(rule.person)
    }
    for person in world.matching.people:
        account = person.secrets
        for role in account.roles if account else ():
            if account is None or (person.key, role.casefold()) in allowed:
                continue
            yield finding(
                DriftKind.PRIVILEGED_ROLE,
                Severity.URGENT,
                account_ref(Side.SECRETS, account),
                f"{person.name} holds the privileged role {role} in {world.secrets.name}, which "
                "the policy does not name.",
                by_hand(
                    f"Take the role away in {world.secrets.name}, or name it under privileges."
                ),
                person=person.key,
                path=role,
                part=role,
            )
