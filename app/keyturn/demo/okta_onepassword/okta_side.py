"""Fills the simulated Okta with the demo's organisation, as it has drifted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from keyturn.demo.okta_onepassword import slips
from keyturn.demo.okta_onepassword.config_file import APP_NAME
from keyturn.demo.okta_onepassword.naming import account_id, group_id, joined_days, number, okta_id
from keyturn.demo.okta_onepassword.teams import (
    EVERYONE,
    GROUPS,
    PUSHED_GROUPS,
    RULE_GROUP,
    RULE_NAME,
)
from keyturn.demo.okta_onepassword.workforce import Colleague
from keyturn.demo.people import DOMAIN, LEAVER, ORGANISATION
from keyturn_providers.simulated.okta.behaviour import push_to
from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaApp,
    OktaAppUser,
    OktaClient,
    OktaGroup,
    OktaMapping,
    OktaRule,
    OktaSeed,
    OktaUser,
    create,
    seed,
)

_PUSH_LAG_S = 0.5
_ROLES = {
    slips.OPERATOR: ("SUPER_ADMIN",),
    "adaeze.nwosu": ("READ_ONLY_ADMIN",),
    "anna.lindqvist": ("USER_ADMIN",),
    "dana.okafor": ("REPORT_ADMIN",),
    "mihai.ionescu": ("READ_ONLY_ADMIN",),
}
"""Who may do what in Okta; the owner of a token needs a role for it to be of any use."""
_SIGN_IN_APPS = ("Halcyon Mail for phones", "Halcyon Wiki")
"""What people sign in to through Okta and stay signed in to."""


def make(
    path: Path,
    people: tuple[Colleague, ...],
    now: datetime,
    bridge_url: str,
    keyturn_token: SecretStr,
    bridge_token: SecretStr,
) -> None:
    """A new Okta at `path` that pushes to the bridge. keyturn comes in by `keyturn_token`."""
    create(path, subdomain="halcyon", company=ORGANISATION)
    seed(
        path,
        OktaSeed(
            users=tuple(_users(people, now)),
            groups=tuple(_groups(people, now)),
            rules=(OktaRule(RULE_NAME, 'user.department=="Engineering"', (RULE_GROUP,)),),
            apps=(_app(people, now), *_signed_in_apps()),
            api_tokens=tuple(_tokens(now, keyturn_token)),
            clients=tuple(OktaClient(name, scopes) for name, scopes in slips.SERVICE_APPS),
        ),
    )
    push_to(path, bridge_url, bridge_token.get_secret_value(), lag_s=_PUSH_LAG_S)


def _users(people: tuple[Colleague, ...], now: datetime) -> Iterator[OktaUser]:
    for person in people:
        yield _user(person, now)
    for login, name, days in slips.LEAVERS:
        left = now - timedelta(days=days)
        yield _named(
            login,
            name,
            status="DEPROVISIONED",
            created=left - timedelta(days=joined_days(login)),
            status_changed=left,
        )
    for login, name, team in slips.STAGED:
        yield _named(login, name, status="STAGED", created=now - timedelta(days=2), department=team)
    of, second, name = slips.SECOND_LOGIN
    yield _named(second, name, email=f"{of}@{DOMAIN}", created=now - timedelta(days=320))


def _user(person: Colleague, now: datetime) -> OktaUser:
    login = person.login
    status, changed = "ACTIVE", None
    if login in slips.SUSPENDED_IN_OKTA:
        status, changed = "SUSPENDED", now - timedelta(days=slips.SUSPENDED_IN_OKTA[login])
    elif login in slips.PUSH_FAILED:
        status, changed = "DEPROVISIONED", now - timedelta(days=slips.PUSH_FAILED[login])
    return _named(
        login,
        person.name,
        status=status,
        created=now - timedelta(days=joined_days(login)),
        status_changed=changed,
        # Nobody signs in who is suspended.
        last_login=(changed or now) - timedelta(minutes=number(f"okta seen {login}", 6_000)),
        title=person.title,
        department=person.department,
        manager=f"{person.manager}@{DOMAIN}" if person.manager else "",
    )


def _named(
    login: str,
    name: str,
    *,
    status: str = "ACTIVE",
    email: str = "",
    created: datetime,
    status_changed: datetime | None = None,
    last_login: datetime | None = None,
    title: str = "",
    department: str = "",
    manager: str = "",
) -> OktaUser:
    first, _, last = name.partition(" ")
    seen = status in ("ACTIVE", "SUSPENDED") and last_login is not None
    told = {"displayName": name, "title": title, "department": department, "manager": manager}
    return OktaUser(
        okta_login(login),
        first,
        last or first,
        status,
        id=okta_id("00u", login),
        email=email,
        profile={key: value for key, value in told.items() if value},
        created=created,
        status_changed=status_changed,
        last_login=last_login,
        roles=_ROLES.get(login, ()),
        sessions=2 if seen else 0,
        client_tokens=_client_tokens(login) if seen else (),
    )


def _client_tokens(login: str) -> tuple[str, ...]:
    """The apps that are signed in for good: two for the leaver, up to two for others."""
    many = 2 if login == LEAVER else number(f"okta tokens {login}", 3)
    return tuple(okta_id("0oa", name) for name in _SIGN_IN_APPS[:many])


def _signed_in_apps() -> Iterator[OktaApp]:
    for name in _SIGN_IN_APPS:
        yield OktaApp(
            name,
            id=okta_id("0oa", name),
            name="oidc_client",
            sign_on_mode="OPENID_CONNECT",
            features=(),
        )


def okta_login(login: str) -> str:
    """How somebody signs in to Okta: by their address."""
    return f"{login}@{DOMAIN}"


def _groups(people: tuple[Colleague, ...], now: datetime) -> Iterator[OktaGroup]:
    for group in GROUPS:
        if group == EVERYONE:
            continue
        members = tuple(
            okta_login(person.login)
            for person in people
            if group in person.groups and person.login not in slips.PUSH_FAILED
        )
        by_rule = group == RULE_GROUP
        yield OktaGroup(
            group,
            members=() if by_rule else members,
            by_rule=members if by_rule else (),
            id=okta_id("00g", group),
            created=now - timedelta(days=700 + number(f"group {group}", 600)),
        )


def _app(people: tuple[Colleague, ...], now: datetime) -> OktaApp:
    without = slips.WITHOUT_ACCOUNT | slips.PUSH_FAILED.keys()
    return OktaApp(
        APP_NAME,
        id=okta_id("0oa", APP_NAME),
        users=(
            *(
                OktaAppUser(
                    okta_login(login),
                    account_id(login),
                    status="DEPROVISIONED",
                    sync_state="ERROR",
                    changed=now - timedelta(days=days),
                )
                for login, days in slips.PUSH_FAILED.items()
            ),
            *(
                OktaAppUser(okta_login(login), scope="GROUP", sync_state="OUT_OF_SYNC")
                for login in slips.WITHOUT_ACCOUNT
            ),
        ),
        groups=PUSHED_GROUPS,
        external_ids={
            okta_login(person.login): account_id(person.login)
            for person in people
            if person.login not in without
        },
        mappings=tuple(_mapping(group, now) for group in PUSHED_GROUPS),
    )


def _mapping(group: str, now: datetime) -> OktaMapping:
    failed, why = slips.FAILED_MAPPING
    stopped = now - timedelta(days=slips.MAPPINGS_STOPPED.get(group, 0))
    if group == failed:
        return OktaMapping(group, group_id(group), "ERROR", why, stopped)
    if group == slips.PAUSED_MAPPING:
        return OktaMapping(group, group_id(group), "INACTIVE", changed=stopped)
    return OktaMapping(group, group_id(group))


def _tokens(now: datetime, keyturn_token: SecretStr) -> Iterator[OktaApiToken]:
    for token in slips.OKTA_TOKENS:
        own = token.name == slips.KEYTURN_TOKEN
        yield OktaApiToken(
            token.name,
            okta_login(token.owner),
            keyturn_token.get_secret_value() if own else f"nobody-has-it {token.name}",
            created=now - timedelta(days=token.days),
        )
