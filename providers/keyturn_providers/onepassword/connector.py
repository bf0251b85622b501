"""One 1Password account through up to four surfaces: who answers, and what they can do together."""

import asyncio
from collections.abc import Iterator

from keyturn_providers.abilities import Ability
from keyturn_providers.contract import (
    About,
    Check,
    Condition,
    OwnIdentity,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import (
    NotAllowed,
    NotAuthenticated,
    ProviderError,
    ReadOnly,
    TenantChanged,
)
from keyturn_providers.onepassword import abilities
from keyturn_providers.onepassword.blind_spots import blind_spots
from keyturn_providers.onepassword.events.surface import AUDIT_LAG_S
from keyturn_providers.onepassword.op.surface import OpView
from keyturn_providers.onepassword.parts import PRESUMED, open_parts
from keyturn_providers.onepassword.reader import Asked, reader_class
from keyturn_providers.onepassword.reading import Reading
from keyturn_providers.onepassword.settings import OnePasswordSettings
from keyturn_providers.onepassword.telling import none_answers
from keyturn_providers.onepassword.view import Standing, Surface, View
from keyturn_providers.onepassword.writer import Told, writer_class
from keyturn_providers.onepassword.writing import Writing
from keyturn_providers.records import PermissionRules, Side, SourceIdentity

_DAY_S = 86_400.0
CONSISTENCY_DELAY_S = 5.0
"""How long a read may lag behind a write. Not documented; the surfaces share one back end."""
CHANGES_AT_ONCE = 8
"""What goes through `op` is one process after the other in any case; the rest need not wait."""


class OnePasswordConnector:
    """Opened by `keyturn_providers.onepassword.PROVIDER`. Belongs to one event loop.

    `about` asks every surface; readers and writers made after it use those that answered. Before
    the first `about` all are supposed to answer.
    """

    def __init__(
        self, name: str, settings: OnePasswordSettings, surroundings: Surroundings
    ) -> None:
        self._name = name
        self._settings = settings
        self._read_only = surroundings.read_only
        self._parts = open_parts(name, settings, surroundings)
        self._standing = self._parts.presumed()
        self._tenant_ids: dict[Surface, str] = {}

    async def about(self) -> About:
        """What the configured surfaces can see and do now. Fails only if none of them answers, or
        if they belong to different accounts (`TenantChanged`)."""
        standing = await self._look()
        self._check_tenant(standing)
        if not standing.up:
            raise none_answers(standing.down)
        self._standing = standing
        able = abilities.reads(standing)
        return About(
            source=SourceIdentity(self._name, "onepassword", Side.SECRETS, self._tenant(standing)),
            address=self._address(),
            abilities=able if self._read_only else able | abilities.writes(standing),
            version=", ".join(view.version for view in standing.up.values() if view.version),
            own=_own(standing),
            blind_spots=blind_spots(standing),
            consistency_delay_s=CONSISTENCY_DELAY_S,
            audit_lag_s=AUDIT_LAG_S if Ability.READ_AUDIT in able else 0.0,
            notes=tuple(_notes(standing, read_only=self._read_only)),
            checks=tuple(_checks(standing)),
            permission_rules=_permission_rules(standing),
            events_kept_s=self._events_kept_s() if Ability.STREAM_EVENTS in able else None,
            changes_at_once=CHANGES_AT_ONCE,
        )

    def _events_kept_s(self) -> float | None:
        events = self._settings.events
        return None if events is None else events.kept_days * _DAY_S

    def reader(self) -> Asked:
        """A reader with the abilities of the last `about`, for one refresh."""
        parts, able = self._parts, abilities.reads(self._standing)
        events = parts.events
        return reader_class(able)(
            Reading(parts, self._standing),
            events.audit() if events is not None else None,
            events.streaming() if events is not None else None,
        )

    def writer(self) -> Told:
        """A writer with the abilities of the last `about`."""
        if self._read_only:
            raise ReadOnly(
                self._name,
                "changing something",
                "keyturn runs read-only.",
                "Start it without --read-only, and without mode: read-only in keyturn.yaml.",
            )
        return writer_class(abilities.writes(self._standing))(Writing(self._parts, self._standing))

    async def aclose(self) -> None:
        await self._parts.aclose()

    async def _look(self) -> Standing:
        surfaces = self._parts.each()
        results = await asyncio.gather(
            *(part.look() for _, part in surfaces), return_exceptions=True
        )
        up: dict[Surface, View] = {}
        down: dict[Surface, ProviderError] = {}
        for (surface, _), result in zip(surfaces, results, strict=True):
            if isinstance(result, TenantChanged):
                raise result
            if isinstance(result, ProviderError):
                down[surface] = result
            elif isinstance(result, BaseException):
                raise result
            else:
                up[surface] = result
        return Standing(up, down)

    def _check_tenant(self, standing: Standing) -> None:
        """Surfaces that tell their account must tell the same, now and later."""
        told = {surface: view.tenant for surface, view in standing.up.items() if view.tenant}
        for surface, tenant in told.items():
            before = self._tenant_ids.get(surface, tenant)
            if before != tenant:
                raise self._other_tenant(
                    f"By {surface.phrase} it was {before}, and now it is {tenant}."
                )
        if len(set(told.values())) > 1:
            pairs = ", ".join(f"{surface.value}: {tenant}" for surface, tenant in told.items())
            raise self._other_tenant(f"The surfaces belong to different accounts ({pairs}).")
        self._tenant_ids.update(told)

    def _other_tenant(self, why: str) -> TenantChanged:
        return TenantChanged(
            self._name,
            "asking which account it is",
            why,
            "Give all surfaces in keyturn.yaml of the same 1Password account; nothing was read.",
        )

    def _tenant(self, standing: Standing) -> str:
        """The same whatever answers today, and whatever is added to `account` later, so that a
        surface that is down or new is not another tenant."""
        settings = self._settings
        if settings.account is not None:
            return settings.account.casefold().removeprefix("https://").rstrip("/")
        if settings.users_api is not None:
            return settings.users_api.account_id
        if settings.bridge is not None:
            return settings.bridge.url
        return standing.up[Surface.EVENTS].tenant or "an account that its Events API does not name"

    def _address(self) -> str:
        settings = self._settings
        named = (
            settings.account,
            settings.bridge.url if settings.bridge else None,
            settings.users_api.base_url if settings.users_api else None,
            (settings.events.url or "the Events API") if settings.events else None,
        )
        return next(one for one in named if one)


def _own(standing: Standing) -> OwnIdentity | None:
    return next((view.own for view in standing.up.values() if view.own is not None), None)


def _permission_rules(standing: Standing) -> PermissionRules | None:
    view = standing.up.get(Surface.OP)
    return view.permission_rules if isinstance(view, OpView) else None


def _notes(standing: Standing, *, read_only: bool) -> Iterator[str]:
    yield f"Read through: {', '.join(surface.value for surface in standing.up)}."
    switches = [
        surface
        for surface, view in standing.up.items()
        if {Ability.SUSPEND, Ability.REACTIVATE} <= view.writes
    ]
    if switches and not read_only:
        first = switches[0]
        devices = "" if first is Surface.OP else "; devices stay authorised then"
        yield f"People are suspended and reactivated through {first.phrase}{devices}."
    for view in standing.up.values():
        yield from view.notes


def _checks(standing: Standing) -> Iterator[Check]:
    for surface, view in standing.up.items():
        if surface is Surface.OP:
            yield Check(Topic.REACH, Condition.WELL, surface.value, f"{view.version} answered.")
        yield from view.checks
    for surface, error in standing.down.items():
        token = isinstance(error, NotAuthenticated | NotAllowed)
        yield Check(
            Topic.TOKEN if token else Topic.REACH,
            Condition.WRONG,
            surface.value,
            f"{error.why} {error.next_step}",
            hides=_hides(surface, standing),
        )


def _hides(surface: Surface, standing: Standing) -> str:
    """What cannot be done while the surface does not answer."""
    lost = PRESUMED[surface].reads | PRESUMED[surface].writes
    for view in standing.up.values():
        lost -= view.reads | view.writes
    return ", ".join(sorted(ability.value for ability in lost))
