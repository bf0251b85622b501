"""Fills the simulated 1Password with the demo's organisation, as it has drifted."""

from collections.abc import Iterator, Mapping

from keyturn.demo.okta_onepassword import slips
from keyturn.demo.okta_onepassword.naming import (
    DAY_MS,
    account_id,
    grants_since_days,
    group_id,
    joined_days,
    number,
    other_id,
    vault_id,
)
from keyturn.demo.okta_onepassword.teams import PUSHED_GROUPS, mappings, vaults
from keyturn.demo.okta_onepassword.workforce import Colleague
from keyturn.demo.people import DOMAIN
from keyturn_providers.records import Level
from keyturn_providers.simulated.onepassword.seeds import (
    BUILT_IN_IDS,
    ConnectServer,
    ConnectToken,
    Grant,
    Group,
    Member,
    User,
    Vault,
)

ITEMS_PER_VAULT = 12
_READ = ("allow_viewing",)
_WRITE = (*_READ, "allow_editing")
PERMISSIONS: Mapping[Level, tuple[str, ...]] = {
    Level.NONE: (),
    Level.READ: _READ,
    Level.WRITE: _WRITE,
    Level.MANAGE: (*_WRITE, "allow_managing"),
}


def users(people: tuple[Colleague, ...], now_ms: int) -> Iterator[User]:
    """Everybody with an account, those who left in good order, and the strangers."""
    for person in people:
        if person.login not in slips.WITHOUT_ACCOUNT:
            yield _user(person, now_ms)
    for login, name, days in slips.LEAVERS:
        yield User(
            account_id(login),
            name,
            f"{login}@{DOMAIN}",
            "SUSPENDED",
            created_ms=now_ms - (days + joined_days(login)) * DAY_MS,
            updated_ms=now_ms - days * DAY_MS,
            last_auth_ms=now_ms - (days + 1) * DAY_MS,
            managed=True,
            personal_vault=False,
        )
    for login, name, kind in slips.STRANGERS:
        yield User(
            account_id(login),
            name,
            f"{login}@{DOMAIN}" if kind == "MEMBER" else "auditor@ledger-partners.example",
            type=kind,
            created_ms=now_ms - 900 * DAY_MS,
            last_auth_ms=now_ms - 45 * DAY_MS,
            personal_vault=False,
        )


def _user(person: Colleague, now_ms: int) -> User:
    login = person.login
    state, invited, accepted = "ACTIVE", joined_days(login), None
    if login in slips.INVITED_DAYS_AGO:
        state, invited = "TRANSFER_PENDING", slips.INVITED_DAYS_AGO[login]
    elif login in slips.NOT_CONFIRMED:
        accepted = now_ms - slips.NOT_CONFIRMED[login] * DAY_MS
        state, invited = "TRANSFER_ACCEPTED", slips.NOT_CONFIRMED[login] + 1
    elif login in slips.SUSPENDED_HERE:
        state = "SUSPENDED"
    state = slips.ODD_STATE.get(login, state)
    created = now_ms - invited * DAY_MS
    return User(
        account_id(login),
        slips.SHOWN_AS.get(login) or slips.OLD_NAMES.get(login) or person.name,
        slips.OLD_ADDRESSES.get(login, person.email),
        state,
        created_ms=created,
        invited_ms=created,
        accepted_ms=accepted,
        last_auth_ms=(
            now_ms - number(f"seen {login}", 6 * DAY_MS)
            if state == "ACTIVE" or login in slips.SUSPENDED_HERE
            else None
        ),
        managed=True,
    )


def groups(now_ms: int) -> Iterator[Group]:
    """The groups Okta pushes, and the one that is 1Password's own."""
    for name in PUSHED_GROUPS:
        created = now_ms - (700 + number(f"group {name}", 600)) * DAY_MS
        yield Group(group_id(name), name, "Pushed by Okta", created, managed=True)
    yield Group(group_id(slips.OLD_GROUP), slips.OLD_GROUP, "", now_ms - 1300 * DAY_MS)


def members(people: tuple[Colleague, ...]) -> Iterator[Member]:
    """Who is in which group of 1Password, with what Okta failed to bring and what it did not."""
    late = late_members(people)
    for person in people:
        if person.login in slips.WITHOUT_ACCOUNT or person.login in slips.INVITED_DAYS_AGO:
            continue
        for group in person.groups:
            known = group in PUSHED_GROUPS and (group, person.login) not in slips.MISSING_MEMBERS
            if known and (group, person.login) not in late:
                yield Member(group_id(group), account_id(person.login))
    for group, login in sorted(slips.STRAY_MEMBERS):
        yield Member(group_id(group), account_id(login))
    for login in slips.OLD_GROUP_MEMBERS:
        yield Member(group_id(slips.OLD_GROUP), account_id(login))
    for built_in, logins in slips.BUILT_IN_MEMBERS.items():
        for login in logins:
            yield Member(BUILT_IN_IDS[built_in], account_id(login))


def late_members(people: tuple[Colleague, ...]) -> frozenset[tuple[str, str]]:
    """Who joined a group (group, login) after Okta had stopped to push it."""
    return frozenset(
        (group, person.login)
        for group, size in slips.LATE_MEMBERS.items()
        for person in [one for one in people if group in one.groups][-size:]
    )


def all_vaults(now_ms: int) -> Iterator[Vault]:
    """The ninety shared vaults. Everybody's own one comes by itself, and nobody else sees it."""
    for name, description in vaults().items():
        created = now_ms - grants_since_days(name) * DAY_MS
        yield Vault(
            vault_id(name),
            name,
            description=description,
            items=ITEMS_PER_VAULT,
            created_ms=created,
            updated_ms=now_ms - number(f"changed {name}", 60 * DAY_MS),
        )


def grants() -> Iterator[Grant]:
    """What groups and single people may do with vaults, slips included."""
    for group, should in mappings().items():
        if group not in PUSHED_GROUPS:
            continue
        for vault, level in (dict(should) | slips.GROUP_GRANT_SLIPS.get(group, {})).items():
            if level is not Level.NONE:
                yield Grant(vault_id(vault), "group", group_id(group), PERMISSIONS[level])
    vault, level = slips.OLD_GROUP_GRANT
    yield Grant(vault_id(vault), "group", group_id(slips.OLD_GROUP), PERMISSIONS[level])
    for one in slips.DIRECT_GRANTS:
        yield Grant(vault_id(one.vault), "user", account_id(one.login), PERMISSIONS[one.level])


def connect_servers(now_ms: int) -> Iterator[ConnectServer]:
    """The Connect servers their tokens belong to."""
    for name in sorted({token.server for token in slips.CONNECT_TOKENS}):
        yield ConnectServer(
            other_id(f"server {name}"),
            name,
            account_id(slips.OPERATOR),
            created_ms=now_ms - 500 * DAY_MS,
        )


def connect_tokens(now_ms: int) -> Iterator[ConnectToken]:
    """The Connect tokens: machine identities with vaults of their own."""
    for token in slips.CONNECT_TOKENS:
        yield ConnectToken(
            connect_token_id(token.name),
            other_id(f"server {token.server}"),
            token.name,
            {vault_id(vault): ("read",) for vault in token.vaults},
            created_ms=now_ms - (90 + number(token.name, 300)) * DAY_MS,
        )


def connect_token_id(name: str) -> str:
    """The id of a Connect token."""
    return other_id(f"token {name}")
