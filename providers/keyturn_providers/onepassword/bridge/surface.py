"""The SCIM bridge as a surface: people and groups that provisioning manages, and its own health."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

from keyturn_providers.abilities import Ability, Page
from keyturn_providers.checks import server_checks
from keyturn_providers.contract import (
    Check,
    Condition,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import Conflict
from keyturn_providers.onepassword.bridge.client import BridgeClient
from keyturn_providers.onepassword.bridge.health import Health, health_checks
from keyturn_providers.onepassword.bridge.listing import unordered
from keyturn_providers.onepassword.bridge.settings import BridgeSettings
from keyturn_providers.onepassword.bridge.writer import BridgeWriter
from keyturn_providers.onepassword.view import PlainView, Surface
from keyturn_providers.records import Account, AccountState, Unreadable
from keyturn_providers.scim import translate
from keyturn_providers.scim.client import USERS, literal
from keyturn_providers.scim.listing import T
from keyturn_providers.scim.reader import ScimReader
from keyturn_providers.scim.settings import ScimSettings

READS = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.READ_ACCOUNT,
        Ability.READ_MEMBERS,
        Ability.FIND_ACCOUNT,
    }
)
WRITES = frozenset({Ability.SUSPEND, Ability.REACTIVATE})
ACTIVE_OR_INVITED = "active or invited"
"""All that the bridge's `active` says: it is true from the invitation on."""


class BridgeReader(ScimReader):
    """A `ScimReader` that asks as the bridge wants to be asked, for one refresh."""

    def __init__(self, client: BridgeClient, settings: BridgeSettings) -> None:
        super().__init__(client, ScimSettings(url=settings.url), account=bridge_account)
        self._bridge = client

    def _list(
        self,
        endpoint: str,
        noun: str,
        translate: Callable[[object], T | Unreadable],
        extras: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Page[T]]:
        return unordered(self._bridge, endpoint, noun, translate)

    async def find_account(self, email: str) -> Account | None:
        """By userName, which is the address; compared again here, whatever the filter found."""
        what = "looking for an account by its e-mail address"
        page = await self._bridge.list(
            USERS, {"filter": f"userName eq {literal(email)}", "count": 10}, what=what
        )
        found = []
        for resource in page.resources:
            account = bridge_account(resource)
            if isinstance(account, Unreadable):
                raise Conflict(
                    self._bridge.source, what, account.reason, "Look for it in 1Password itself."
                )
            if account.name.casefold() == email.casefold():
                found.append(account)
        if len(found) > 1:
            raise Conflict(
                self._bridge.source,
                what,
                f"{len(found)} accounts have this address.",
                "Look at them in 1Password itself.",
            )
        return found[0] if found else None


class BridgeSurface:
    """Sends nothing before the first call."""

    def __init__(self, source: str, settings: BridgeSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._client = BridgeClient(source, settings, surroundings)
        self._reserve = surroundings.rate_reserve

    async def look(self) -> PlainView:
        """Lists one user, which shows that address and token are good, and asks for the health."""
        client = self._client
        await client.probe()
        health = await client.health()
        return PlainView(
            version=f"SCIM bridge {health.version}" if health and health.version else "SCIM bridge",
            reads=READS,
            writes=WRITES,
            checks=self._checks(health),
        )

    def reader(self) -> BridgeReader:
        return BridgeReader(self._client, self._settings)

    def writer(self) -> BridgeWriter:
        return BridgeWriter(self._client)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _checks(self, health: Health | None) -> tuple[Check, ...]:
        subject, now_ms = Surface.BRIDGE.value, int(time.time() * 1000)
        seen = self._client.seen
        found = list(
            server_checks(
                subject,
                self._client.base_url,
                seen,
                self._client.windows(),
                now_ms=now_ms,
                reserve=self._reserve,
            )
        )
        words = (
            "The token was taken. Nothing tells its age or end: note when the credentials were"
            " made. They are only renewed together with the bridge's session file, or, where"
            " 1Password hosts the provisioning, by setting it up again."
        )
        found.append(Check(Topic.TOKEN, Condition.UNKNOWN, subject, words))
        if health is None:
            words = "It gives no health report: provisioning is hosted, or monitoring is off."
            found.append(Check(Topic.HEALTH, Condition.UNKNOWN, subject, words))
            return tuple(found)
        offset = seen.clock_offset_ms if seen and seen.clock_offset_ms is not None else 0
        return (*found, *health_checks(health, now_ms + offset))


def bridge_account(resource: object) -> Account | Unreadable:
    """A user of the bridge. Active means active or invited, and its own word says so."""
    account = translate.account(resource)
    if isinstance(account, Account) and account.state is AccountState.ACTIVE:
        return replace(account, state_raw=ACTIVE_OR_INVITED)
    return account
