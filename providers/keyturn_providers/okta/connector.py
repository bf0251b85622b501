"""One connected Okta organisation: who it is, who keyturn is there, its reader and writer."""

import asyncio
import random
import time
from typing import TYPE_CHECKING

from keyturn_providers.checks import server_checks
from keyturn_providers.contract import (
    About,
    Surroundings,
    Waiting,
)
from keyturn_providers.errors import ReadOnly
from keyturn_providers.exchange import AuthHeader, Retries
from keyturn_providers.http import Transport, origin_of
from keyturn_providers.okta import abilities
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.codes import explain, judge
from keyturn_providers.okta.own import Own, of_api_token, of_service_app, owner_of_api_token
from keyturn_providers.okta.payloads import UserPayload
from keyturn_providers.okta.reader import OktaReader
from keyturn_providers.okta.settings import READ_SCOPES, WRITE_SCOPES, OktaSettings
from keyturn_providers.okta.sight import EVERYTHING, Sight, blind_spots, look, scope_checks
from keyturn_providers.okta.system_log import SystemLog
from keyturn_providers.pacing import Pacer
from keyturn_providers.records import Side, SourceIdentity
from keyturn_providers.text import safe

if TYPE_CHECKING:
    from keyturn_providers.okta.service_app import ServiceApp

PARALLEL = 16
"""Okta allows 75 requests of an organisation at a moment, 35 of a free one."""
CONSISTENCY_DELAY_S = 5.0
AUDIT_LAG_S = 90.0
_NOTES = (
    (
        "suspending a user in Okta sends nothing to the secret manager: access there stays until it"
        " is taken away there, or the user is deactivated"
    ),
    "deactivating a user in Okta ends the API tokens the user owns, at once",
    (
        "who was put into a group by a rule stays in it when deactivated, and may come back when"
        " removed"
    ),
)


class OktaConnector:
    """Belongs to one event loop; `aclose` closes its connections."""

    def __init__(self, name: str, settings: OktaSettings, surroundings: Surroundings) -> None:
        self._name = name
        self._settings = settings
        self._surroundings = surroundings
        self._token_transport: Transport | None = None
        self._service_app = self._open_service_app()
        self._transport = Transport(
            name,
            settings.url,
            surroundings,
            auth=self._service_app or AuthHeader("Authorization", "SSWS "),
            ca_file=settings.ca_file,
            explain=explain,
            judge=judge,
            pacer=self._pacer(),
        )
        self._client = OktaClient(self._transport)
        self._log = SystemLog(self._client)
        self._sight: Sight = EVERYTHING

    async def about(self) -> About:
        """Asks the organisation who it is, and tries what the credential may see."""
        granted = None if self._service_app is None else await self._service_app.granted()
        sight, owner = await asyncio.gather(
            look(self._client, self._settings.app, granted), self._owner()
        )
        tenant, company = self._organisation(sight)
        now_ms = int(time.time() * 1000)
        own = self._own(owner, sight, now_ms)
        self._sight = sight
        read_only = self._surroundings.read_only
        server = server_checks(
            "okta",
            self._transport.base_url,
            self._transport.seen,
            self._transport.windows(),
            now_ms=now_ms,
            reserve=self._surroundings.rate_reserve,
        )
        return About(
            source=SourceIdentity(self._name, "okta", Side.DIRECTORY, tenant),
            address=self._transport.base_url,
            abilities=abilities.abilities(sight, read_only=read_only),
            version=f"Okta, {company}" if company else "Okta",
            own=own.identity,
            blind_spots=blind_spots(sight, self._settings.app),
            consistency_delay_s=CONSISTENCY_DELAY_S,
            audit_lag_s=AUDIT_LAG_S,
            notes=(*_NOTES, *own.notes),
            checks=(
                *server,
                own.check,
                *scope_checks(sight, changes=not read_only, scoped=self._service_app is not None),
            ),
            parallel=PARALLEL,
            page_size=self._settings.page_size,
            changes_at_once=PARALLEL,
        )

    def reader(self) -> OktaReader:
        return abilities.reader(self._client, self._sight, self._settings.page_size, self._log)

    def writer(self) -> object:
        if self._surroundings.read_only:
            raise ReadOnly(
                self._name,
                "changing something",
                "keyturn runs read-only.",
                "Start it without --read-only, and without mode: read-only in keyturn.yaml.",
            )
        return abilities.writer(self._client, self._sight)

    async def aclose(self) -> None:
        await self._transport.aclose()
        if self._token_transport is not None:
            await self._token_transport.aclose()

    def _organisation(self, sight: Sight) -> tuple[str, str]:
        """The organisation's id and name. Without the right to read them the tenant is the host:
        then two organisations that changed hosts between them would not be noticed."""
        org = sight.org
        if org is None:
            return origin_of(self._transport.base_url)[1], ""
        company = org.companyName if isinstance(org.companyName, str) else ""
        return safe(org.id, 200), safe(company, 80)

    async def _owner(self) -> UserPayload | None:
        return None if self._service_app is not None else await owner_of_api_token(self._client)

    def _own(self, owner: UserPayload | None, sight: Sight, now_ms: int) -> Own:
        if self._service_app is not None:
            return of_service_app(self._service_app)
        assert owner is not None  # noqa: S101 - a token has an owner, or asking raised
        return of_api_token(owner, sight.api_tokens, self._settings.token_name, now_ms)

    def _open_service_app(self) -> "ServiceApp | None":
        chosen = self._settings.client
        if chosen is None:
            return None
        # Loads the library that signs, which an API token does not need.
        from keyturn_providers.okta.service_app import ServiceApp

        self._token_transport = Transport(
            self._name,
            self._settings.url,
            self._surroundings,
            auth=None,
            ca_file=self._settings.ca_file,
            explain=explain,
            judge=judge,
            retries=Retries(attempts=1),
            pacer=self._pacer(),
        )
        default = READ_SCOPES if self._surroundings.read_only else READ_SCOPES + WRITE_SCOPES
        return ServiceApp(
            chosen, self._token_transport, self._surroundings.secret, chosen.scopes or default
        )

    def _pacer(self) -> Pacer:
        def tell(seconds: float, reason: str) -> None:
            self._surroundings.observe(Waiting(self._name, seconds, reason))

        return Pacer(
            reserve=self._surroundings.rate_reserve,
            concurrency=PARALLEL,
            observe=tell,
            # Okta tells the end of a window in whole seconds, and its clock too.
            rounding_s=1.0,
            spread=lambda: 0.5 + random.random() / 2,  # noqa: S311 - spreads load, hides nothing
        )


def open_okta(name: str, settings: OktaSettings, surroundings: Surroundings) -> OktaConnector:
    """Opens the connector; sends nothing yet. Raises `Misconfigured` for an address the token may
    not go to or a CA file that is none."""
    return OktaConnector(name, settings, surroundings)
