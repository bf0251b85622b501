"""The reading half of the Okta connector."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from keyturn_providers.abilities import Page
from keyturn_providers.errors import BadAnswer, Gone
from keyturn_providers.okta import translate
from keyturn_providers.okta.client import LEAN, OktaClient, Rows
from keyturn_providers.okta.extras import Extras
from keyturn_providers.okta.payloads import GROUPS, MEMBERS, USERS, UserPayload
from keyturn_providers.okta.read_ahead import read_ahead
from keyturn_providers.okta.sight import Sight
from keyturn_providers.okta.token_holders import token_holders
from keyturn_providers.records import Account, Group, Membership, Push

_USERS = "/api/v1/users"
_BUILT_IN = "BUILT_IN"
_DEACTIVATED = 'status eq "DEPROVISIONED"'
_LISTS = 3
# Okta's own page of members is 1000, five times that of users. A fifth of the requests for a group
# of everybody leaves the more of the organisation's rate limit to others.
_MEMBERS_TIMES = 5


class OktaReader:
    """Lists users, groups and members, and reads one user or one group's members.

    It remembers admin roles, pushes and rules for its lifetime. `sight` says which of these may be
    seen.
    """

    def __init__(self, client: OktaClient, sight: Sight, page_size: int) -> None:
        self._client = client
        self._sight = sight
        self._size = page_size
        self._extras = Extras(client, sight)

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        """Every user, deactivated ones too.

        Okta leaves deactivated users out of the plain list, so they are listed apart; and whoever
        moved between the two lists meanwhile would be missing from both, so what changed since the
        beginning is listed last. Complete only if all three are. A user who changed meanwhile may
        come twice, the newer state last.
        """
        extras = asyncio.ensure_future(
            asyncio.gather(self._extras.roles.get(), self._extras.pushed_users.get())
        )
        told: dict[str, int] = {}
        proofs: list[str] = []
        since = ""
        try:
            # Both lists are under way before anything else is waited for.
            async with (
                read_ahead(self._users("users")) as plain,
                read_ahead(self._users("deactivated users", _DEACTIVATED)) as off,
            ):
                for listing in (plain, off):
                    async for rows in listing:
                        since = since or _moment(rows.headers)
                        page = _unlike(rows, told, *await asyncio.shield(extras))
                        proofs += [rows.proof] if rows.proof else []
                        yield Page(page, rows.unreadable)
            changed = f'lastUpdated gt "{since}"'
            async for rows in self._users("users changed meanwhile", changed):
                page = _unlike(rows, told, *await asyncio.shield(extras))
                proofs += [rows.proof] if rows.proof else []
                whole = bool(rows.proof) and len(proofs) == _LISTS
                yield Page(page, rows.unreadable, None, "; ".join(proofs) if whole else "")
        finally:
            extras.cancel()
            await asyncio.gather(extras, return_exceptions=True)

    def _users(self, noun: str, only: str = "") -> AsyncGenerator[Rows[UserPayload], None]:
        params: dict[str, str | int] = {"limit": self._size}
        if only:
            params["filter"] = only
        return self._client.rows(_USERS, USERS, noun=noun, params=params, headers=LEAN)

    async def groups(self) -> AsyncIterator[Page[Group]]:
        """Every group that keyturn's admin role shows, with its active rules and its push."""
        rules, pushed = await asyncio.gather(
            self._extras.rules.get(), self._extras.pushed_groups.get()
        )
        params: dict[str, str | int] = {"limit": self._size}
        async for rows in self._client.rows("/api/v1/groups", GROUPS, noun="groups", params=params):
            # The built-in groups hold everybody: their long lists of members should begin first.
            first = sorted(rows.items, key=lambda one: one.type != _BUILT_IN)
            records = tuple(
                translate.group(one, rules=rules.get(one.id, ()), push=pushed.get(one.id))
                for one in first
            )
            yield Page(records, rows.unreadable, None, rows.proof)

    async def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        """The members of a group, deactivated users among them."""
        what = f"listing the members of group {group_id}"
        path = self._client.path("/api/v1/groups/{}/users", group_id, what=what)
        async for rows in self._client.rows(
            path,
            MEMBERS,
            noun=f"members of group {group_id}",
            params={"limit": self._size * _MEMBERS_TIMES},
            headers=LEAN,
        ):
            records = tuple(Membership(group_id, one.id) for one in rows.items)
            yield Page(records, rows.unreadable, None, rows.proof)

    async def read_account(self, account_id: str) -> Account | None:
        """Read by id, with the state it is on the way to, its roles and its push."""
        what = f"reading user {account_id}"
        path = self._client.path("/api/v1/users/{}", account_id, what=what)
        user, extras = await asyncio.gather(
            self._client.one(path, USERS, what=what),
            self._extras.of_user(account_id),
            return_exceptions=True,
        )
        if isinstance(user, BaseException):
            raise user
        if user is None:
            return None
        if isinstance(extras, BaseException):
            raise extras
        if user.id != account_id:
            raise BadAnswer(
                self._client.source,
                what,
                f"It answered with another user ({user.id}): what was asked for is no id.",
                "Refresh, and plan again.",
            )
        roles, push = extras
        return translate.account(user, roles=roles, push=push)

    async def read_token_holders(self, account_id: str) -> tuple[str, ...] | None:
        """The OAuth clients that hold refresh tokens of the user. Access tokens without one, and
        browser sessions, Okta lists nowhere."""
        return await token_holders(self._client, account_id)

    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        members: list[Membership] = []
        try:
            async for page in self.memberships(group_id):
                if page.unreadable:
                    raise BadAnswer(
                        self._client.source,
                        f"listing the members of group {group_id}",
                        page.unreadable[0].reason,
                        "Look at the group in Okta itself.",
                    )
                members.extend(page.records)
        except Gone:
            return None
        return tuple(members)

    async def read_memberships_of(self, account_id: str) -> tuple[Membership, ...]:
        """Every group of the user, those of apps and by rules included."""
        what = f"listing the groups of user {account_id}"
        path = self._client.path("/api/v1/users/{}/groups", account_id, what=what)
        try:
            groups = await self._client.all(path, GROUPS, noun=f"groups of user {account_id}")
        except Gone:
            return ()
        return tuple(Membership(one.id, account_id) for one in groups)


def _unlike(
    rows: Rows[UserPayload],
    told: dict[str, int],
    roles: Mapping[str, tuple[str, ...]],
    pushes: Mapping[str, Push],
) -> tuple[Account, ...]:
    """The accounts of a page that were not told in the same state before."""
    records: list[Account] = []
    for user in rows.items:
        state = hash((str(user.status), str(user.lastUpdated)))
        if told.get(user.id) != state:
            told[user.id] = state
            records.append(
                translate.account(user, roles=roles.get(user.id, ()), push=pushes.get(user.id))
            )
    return tuple(records)


def _moment(headers: Mapping[str, str]) -> str:
    """A minute before an answer by the server's clock, as Okta's filters take it; by ours where it
    does not tell. The minute is for lists that began before that answer."""
    try:
        moment = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        moment = datetime.now(UTC)
    return (moment - timedelta(minutes=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
