"""What the demo's organisation was at an earlier time, from the dates of everything in it."""

from dataclasses import replace
from typing import TypeVar

from keyturn.demo.okta_onepassword import slips
from keyturn.demo.okta_onepassword.naming import DAY_MS, account_id, okta_id, vault_id
from keyturn.demo.okta_onepassword.onepassword_side import late_members
from keyturn.demo.okta_onepassword.workforce import workforce
from keyturn.demo.older_reads import OlderRead, add_older_reads
from keyturn.policy.load import load_policy
from keyturn.settings import Places
from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Group,
    PrincipalKind,
    PushState,
    Snapshot,
)
from keyturn_storage.snapshots import open_cache

T = TypeVar("T", Account, Group)
DAYS_AGO = (91, 62, 33, 21, 14, 10, 7, 5, 4, 3, 2, 1)
DIRECTORY_ONLY_DAYS_AGO, CUT_DAYS_AGO = 21, 7
_LEFT = {
    **{login: days for login, _, days in slips.LEAVERS},
    **slips.SUSPENDED_IN_OKTA,
    **slips.PUSH_FAILED,
}
_LEFT_HERE = {login: days for login, _, days in slips.LEAVERS}


def add_past(places: Places) -> None:
    """Three months of reads before the one that is in the cache, if it is the first."""
    with open_cache(places.cache) as cache:
        taken = [cache.load(row.snapshot_id).taken_ms for row in cache.sources()]
    if taken:
        rules = load_policy(places.config).rules
        add_older_reads(places.cache, rules, older_reads(min(taken)), state_at)


def older_reads(now_ms: int) -> tuple[OlderRead, ...]:
    """Three months of them, oldest first: one without 1Password, and one that was
    not whole."""
    return tuple(
        OlderRead(
            now_ms - days * DAY_MS,
            directory_only=days == DIRECTORY_ONLY_DAYS_AGO,
            cut=Collection.GRANTS if days == CUT_DAYS_AGO else None,
        )
        for days in DAYS_AGO
    )


def state_at(directory: Snapshot, secrets: Snapshot, at_ms: int) -> tuple[Snapshot, Snapshot]:
    """Who had not left yet was active, who had not come yet was not there, and a grant that had
    not been made was not either."""
    newest = max(directory.taken_ms, secrets.taken_ms)
    days = (newest - at_ms) / DAY_MS
    return _directory(directory, at_ms, days), _secrets(secrets, at_ms, days)


def _directory(now: Snapshot, at_ms: int, days: float) -> Snapshot:
    here = tuple(
        _pushed(
            _active(one) if _LEFT.get(_login(one), 0) > 0 and _LEFT[_login(one)] < days else one,
            at_ms,
        )
        for one in now.accounts if _there(one, at_ms)
    )  # fmt: skip
    not_yet = {
        (okta_id("00g", group), okta_id("00u", login))
        for group, login in late_members(workforce())
        if slips.MAPPINGS_STOPPED[group] < days
    }
    members = tuple(
        one for one in now.memberships if (one.group_id, one.member_id) not in not_yet
    )  # fmt: skip
    tokens = {one.name: one.days for one in slips.OKTA_TOKENS}
    machines = tuple(one for one in now.machines if tokens.get(one.name, days + 1) > days)
    groups = tuple(_pushed(one, at_ms) for one in now.groups)
    then = replace(now, accounts=here, groups=groups, memberships=members, machines=machines)
    return _without(then, now)


def _secrets(now: Snapshot, at_ms: int, days: float) -> Snapshot:
    left = {account_id(login): gone for login, gone in _LEFT_HERE.items()}
    invited = {account_id(login): since for login, since in slips.INVITED_DAYS_AGO.items()}
    made = {
        (account_id(one.login), vault_id(one.vault)): one.days for one in slips.DIRECT_GRANTS
    }  # fmt: skip
    here = tuple(
        _active(one) if left.get(one.id, days + 1) < days else one
        for one in now.accounts
        if invited.get(one.id, days + 1) > days and _there(one, at_ms)
    )
    grants = tuple(
        one for one in now.grants
        if one.principal_kind is not PrincipalKind.ACCOUNT
        or made.get((one.principal_id, one.vault_id), days + 1) > days
    )  # fmt: skip
    return _without(replace(now, accounts=here, grants=grants), now)


def _there(account: Account, at_ms: int) -> bool:
    return account.created_ms is None or account.created_ms <= at_ms


def _login(account: Account) -> str:
    return account.name.partition("@")[0]


def _active(account: Account) -> Account:
    return replace(account, state=AccountState.ACTIVE, state_raw="ACTIVE", state_since_ms=None)


def _pushed(one: T, at_ms: int) -> T:
    """What has failed or was paused since then was still pushed."""
    stopped = one.push is not None and one.push.state in {PushState.FAILED, PushState.PAUSED}
    if one.push is None or not stopped or (one.push.at_ms or 0) <= at_ms:
        return one
    push = replace(one.push, state=PushState.OK, state_raw="", error="", at_ms=None)
    return replace(one, push=push)


def _without(then: Snapshot, now: Snapshot) -> Snapshot:
    """Nobody who was not there was a member of anything or held a grant."""
    gone = {one.id for one in now.accounts} - {one.id for one in then.accounts}
    return replace(
        then,
        memberships=tuple(one for one in then.memberships if one.member_id not in gone),
        grants=tuple(one for one in then.grants if one.principal_id not in gone),
    )
