"""The surfaces of one source as they are opened, and what each can do as a rule."""

from dataclasses import dataclass

from keyturn_providers.abilities import Ability
from keyturn_providers.contract import Surroundings
from keyturn_providers.onepassword.bridge.surface import READS as BRIDGE_READS
from keyturn_providers.onepassword.bridge.surface import WRITES as BRIDGE_WRITES
from keyturn_providers.onepassword.bridge.surface import BridgeSurface
from keyturn_providers.onepassword.events.surface import EventsSurface
from keyturn_providers.onepassword.op.surface import READS as OP_READS
from keyturn_providers.onepassword.op.surface import WRITES as OP_WRITES
from keyturn_providers.onepassword.op.surface import OpSurface
from keyturn_providers.onepassword.settings import OnePasswordSettings
from keyturn_providers.onepassword.users_api.surface import READS as USERS_READS
from keyturn_providers.onepassword.users_api.surface import WRITES as USERS_WRITES
from keyturn_providers.onepassword.users_api.surface import UsersSurface
from keyturn_providers.onepassword.view import Part, PlainView, Standing, Surface

_EVENT_READS = frozenset({Ability.READ_AUDIT, Ability.STREAM_EVENTS})
PRESUMED: dict[Surface, PlainView] = {
    Surface.OP: PlainView(reads=OP_READS, writes=OP_WRITES),
    Surface.USERS_API: PlainView(reads=USERS_READS, writes=USERS_WRITES),
    Surface.BRIDGE: PlainView(reads=BRIDGE_READS, writes=BRIDGE_WRITES),
    Surface.EVENTS: PlainView(reads=_EVENT_READS),
}
"""What each surface can do as a rule."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Those that are configured; None for the others."""

    source: str
    op: OpSurface | None = None
    users: UsersSurface | None = None
    bridge: BridgeSurface | None = None
    events: EventsSurface | None = None

    @property
    def configured(self) -> tuple[Surface, ...]:
        """Most exact first."""
        return tuple(surface for surface, _ in self.each())

    def each(self) -> tuple[tuple[Surface, Part], ...]:
        """The configured ones with their names, most exact first."""
        pairs: tuple[tuple[Surface, Part | None], ...] = (
            (Surface.OP, self.op),
            (Surface.USERS_API, self.users),
            (Surface.BRIDGE, self.bridge),
            (Surface.EVENTS, self.events),
        )
        return tuple((surface, part) for surface, part in pairs if part is not None)

    def presumed(self) -> Standing:
        """Every configured surface as if it had answered."""
        return Standing({surface: PRESUMED[surface] for surface in self.configured})

    async def aclose(self) -> None:
        """Closes all of them, also where one fails to."""
        failure: BaseException | None = None
        for _, part in self.each():
            try:
                await part.aclose()
            except Exception as error:  # noqa: BLE001 - the others are closed all the same
                failure = failure or error
        if failure is not None:
            raise failure


def open_parts(source: str, settings: OnePasswordSettings, surroundings: Surroundings) -> Parts:
    """Opens what the settings name; sends nothing yet."""
    return Parts(
        source,
        op=OpSurface(source, settings.account, settings.op, surroundings)
        if settings.account
        else None,
        users=UsersSurface(source, settings.users_api, surroundings)
        if settings.users_api
        else None,
        bridge=BridgeSurface(source, settings.bridge, surroundings) if settings.bridge else None,
        events=EventsSurface(source, settings.events, surroundings) if settings.events else None,
    )
