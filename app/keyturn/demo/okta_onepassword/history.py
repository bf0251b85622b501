"""Two years of what happened in the demo's 1Password: audit events, item usages, sign-ins.

Made up by rule, always the same for the same day; it fits what is there now: everybody who is a
member was once invited, and every direct grant says who made it.
"""

from collections.abc import Iterator

from keyturn.demo.okta_onepassword import slips
from keyturn.demo.okta_onepassword.naming import (
    DAY_MS,
    account_id,
    group_id,
    item_id,
    joined_days,
    number,
    vault_id,
)
from keyturn.demo.okta_onepassword.onepassword_side import ITEMS_PER_VAULT
from keyturn.demo.okta_onepassword.teams import PUSHED_GROUPS, mappings
from keyturn.demo.okta_onepassword.workforce import Colleague
from keyturn_providers.simulated.onepassword.seeds import AuditEvent, ItemUsage, SignIn

YEARS_2 = 730
_WEEKDAYS = 5
_ACTIONS = ("fill", "fill", "fill", "reveal", "secure-copy", "server-fetch", "enter-item-edit-mode")
_OUT = ("export", "share")
_APPS = ("1Password Browser Extension", "1Password for Mac", "1Password for Windows")


def audit_events(people: tuple[Colleague, ...], now_ms: int) -> tuple[AuditEvent, ...]:
    """Oldest first; those older than two years are not there."""
    floor = now_ms - YEARS_2 * DAY_MS
    events = [*_joins(people, now_ms), *_leaves(now_ms), *_direct_grants(now_ms)]
    return tuple(sorted((one for one in events if one.at_ms >= floor), key=lambda one: one.at_ms))


def _joins(people: tuple[Colleague, ...], now_ms: int) -> Iterator[AuditEvent]:
    by = account_id(slips.OPERATOR)
    for person in people:
        login = person.login
        if login in slips.WITHOUT_ACCOUNT:
            continue
        user = account_id(login)
        days = slips.INVITED_DAYS_AGO.get(login) or joined_days(login)
        at = now_ms - days * DAY_MS + number(f"hour {login}", DAY_MS // 4)
        yield AuditEvent(at, by, "provsn", "user", user)
        if login in slips.INVITED_DAYS_AGO or login in slips.NOT_CONFIRMED:
            continue
        yield AuditEvent(at + 5_400_000, user, "activate", "user", user)
        for group in person.groups:
            if group in PUSHED_GROUPS:
                at += 60_000
                yield AuditEvent(at + 5_400_000, by, "join", "gm", group_id(group), user, "R")


def _leaves(now_ms: int) -> Iterator[AuditEvent]:
    for login, _, days in slips.LEAVERS:
        at = now_ms - days * DAY_MS
        yield AuditEvent(at, account_id(slips.OPERATOR), "suspend", "user", account_id(login))
        yield AuditEvent(
            at + 300_000, account_id(slips.OPERATOR), "dealldev", "user", account_id(login)
        )


def _direct_grants(now_ms: int) -> Iterator[AuditEvent]:
    for one in slips.DIRECT_GRANTS:
        yield AuditEvent(
            now_ms - one.days * DAY_MS,
            account_id(one.by),
            "grant",
            "uva",
            vault_id(one.vault),
            account_id(one.login),
        )


def item_usages(people: tuple[Colleague, ...], now_ms: int) -> Iterator[ItemUsage]:
    """What people opened on working days, fewer the further back; oldest first."""
    opened = _vaults_of(people)
    users = [person.login for person in people if opened[person.login]]
    for days in range(YEARS_2, 0, -1):
        for nth in range(_a_day(days)):
            seed = f"{days} {nth}"
            login = users[number(f"who {seed}", len(users))]
            at = now_ms - days * DAY_MS + number(f"at {seed}", 8 * 3_600_000)
            if days > joined_days(login):
                continue
            mine = opened[login]
            vault = mine[number(f"vault {seed}", len(mine))]
            yield ItemUsage(
                at,
                account_id(login),
                vault_id(vault),
                item_id(vault, number(f"item {seed}", ITEMS_PER_VAULT)),
                _ACTIONS[number(f"action {seed}", len(_ACTIONS))],
                _APPS[number(login, len(_APPS))],
            )
        yield from _before_leaving(days, now_ms)


def _before_leaving(days: int, now_ms: int) -> Iterator[ItemUsage]:
    """What the leaver took a last look at, a week before: an export among it."""
    (login,) = slips.SUSPENDED_IN_OKTA
    if days not in range(5, 9):
        return
    for nth in range(9):
        vault = ("Billing Ops", "Payments Prod", "Company Cards")[nth % 3]
        yield ItemUsage(
            now_ms - days * DAY_MS + nth * 47_000,
            account_id(login),
            vault_id(vault),
            item_id(vault, nth),
            "reveal" if nth else _OUT[days % 2],
            "1Password for Windows",
        )


def sign_ins(people: tuple[Colleague, ...], now_ms: int) -> Iterator[SignIn]:
    """Some attempts a day, nearly all of them good; oldest first."""
    logins = [one.login for one in people if one.login not in slips.WITHOUT_ACCOUNT]
    for days in range(YEARS_2, 0, -1):
        for nth in range(4 if _working(days) else 1):
            login = logins[number(f"sign in {days} {nth}", len(logins))]
            at = now_ms - days * DAY_MS + number(f"clock {days} {nth}", 9 * 3_600_000)
            good = number(f"good {days} {nth}", 40) > 0
            yield SignIn(
                at,
                account_id(login),
                "success" if good else "credentials_failed",
                "credentials_ok" if good else "password_secret_bad",
                _APPS[1],
                ("DE", "NG", "CA")[number(login, 3)],
            )


def _vaults_of(people: tuple[Colleague, ...]) -> dict[str, tuple[str, ...]]:
    should = mappings()
    mine = {
        person.login: tuple(vault for group in person.groups for vault, _ in should.get(group, ()))
        for person in people
    }
    return mine | dict.fromkeys((*slips.WITHOUT_ACCOUNT, *slips.INVITED_DAYS_AGO), ())


def _working(days: int) -> bool:
    return days % 7 < _WEEKDAYS


def _a_day(days: int) -> int:
    """How many usages a day so many days ago has."""
    most = 30 if days < 120 else 12
    return most if _working(days) else 3
