"""The Events API as a surface: proof of changes, and the streams to be archived."""

import time
from collections.abc import Mapping

from keyturn_providers.abilities import Ability
from keyturn_providers.checks import server_checks, token_check
from keyturn_providers.contract import (
    Check,
    Condition,
    OwnIdentity,
    Surroundings,
    Topic,
)
from keyturn_providers.onepassword.events.audit import AuditReading
from keyturn_providers.onepassword.events.client import EventsClient, Opened
from keyturn_providers.onepassword.events.payloads import Introspection
from keyturn_providers.onepassword.events.settings import EventsSettings
from keyturn_providers.onepassword.events.streams import Streaming
from keyturn_providers.onepassword.events.token import Feature
from keyturn_providers.onepassword.view import PlainView, Surface
from keyturn_providers.ratelimit import Window

AUDIT_LAG_S = 300.0
"""How late an event may come. No delay is documented; this leaves room for five minutes."""
HIDES: Mapping[Feature, str] = {
    Feature.AUDIT_EVENTS: "whether a change is in 1Password's audit log, and who made it",
    Feature.ITEM_USAGES: "which items a leaver opened, copied or exported",
    Feature.SIGN_INS: "sign-ins and refused sign-ins of a leaver",
}
_EVERY = frozenset(feature.value for feature in Feature)


class EventsSurface:
    """Opened with the connector; sends nothing before `look`."""

    def __init__(self, source: str, settings: EventsSettings, surroundings: Surroundings) -> None:
        self._client = EventsClient(source, settings, surroundings)
        self._kept_days = settings.kept_days
        self._reserve = surroundings.rate_reserve
        self._features = _EVERY

    async def look(self) -> PlainView:
        """Asks the server what the token may read. Raises `ProviderError`."""
        told = await self._client.introspect()
        opened = await self._client.opened()
        announced = told.features if told.features is not None else opened.claims.features
        self._features = _EVERY if announced is None else announced & _EVERY
        reads: set[Ability] = {Ability.STREAM_EVENTS} if self._features else set()
        if Feature.AUDIT_EVENTS.value in self._features:
            reads.add(Ability.READ_AUDIT)
        own = OwnIdentity(
            None,
            "the holder of an Events API token",
            expires_ms=opened.claims.expires_ms,
            created_ms=told.issued_ms or opened.claims.issued_ms,
        )
        return PlainView(
            tenant=told.account,
            version="Events API v2",
            own=own,
            reads=frozenset(reads),
            blind_spots=tuple(
                f"{HIDES[feature]}: the Events API token lacks the feature {feature.value}"
                for feature in Feature
                if feature.value not in self._features
            ),
            notes=_notes(told),
            checks=self._checks(opened, own, announced is not None),
        )

    @property
    def features(self) -> frozenset[str]:
        """What the token may read, as of the last `look`; everything before the first."""
        return self._features

    def audit(self) -> AuditReading:
        return AuditReading(self._client)

    def streaming(self) -> Streaming:
        return Streaming(self._client, self._features, self._kept_days)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _checks(self, opened: Opened, own: OwnIdentity, announced: bool) -> tuple[Check, ...]:
        subject, now_ms = Surface.EVENTS.value, int(time.time() * 1000)
        windows: Mapping[str, Window] = self._client.allowance.windows()
        transport = opened.transport
        found = list(
            server_checks(
                subject,
                transport.base_url,
                transport.seen,
                windows,
                now_ms=now_ms,
                reserve=self._reserve,
            )
        )
        endless = own.expires_ms is None and own.created_ms is not None
        found.append(token_check(subject, own, now_ms, endless=endless))
        for feature in Feature:
            if not announced:
                words = (
                    f"Neither the token nor the server says whether it may read {feature.value}."
                )
                found.append(Check(Topic.SCOPE, Condition.UNKNOWN, feature.value, words))
            elif feature.value in self._features:
                words = f"The token may read {feature.value}."
                found.append(Check(Topic.SCOPE, Condition.WELL, feature.value, words))
            else:
                words = f"The token may not read {feature.value}: make one that may."
                found.append(
                    Check(Topic.SCOPE, Condition.WRONG, feature.value, words, HIDES[feature])
                )
        return tuple(found)


def _notes(told: Introspection) -> tuple[str, ...]:
    if told.account:
        return ()
    return ("The Events API does not tell which account its token belongs to.",)
