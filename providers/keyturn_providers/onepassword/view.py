"""The surfaces of one 1Password account, and what each says of itself when it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from keyturn_providers.abilities import Ability
from keyturn_providers.contract import Check, OwnIdentity
from keyturn_providers.errors import ProviderError


class Surface(StrEnum):
    """The four ways into an account, most exact first; the value is what messages call it."""

    OP = "op"
    USERS_API = "Users API"
    BRIDGE = "SCIM bridge"
    EVENTS = "Events API"

    @property
    def phrase(self) -> str:
        """As it stands within a sentence: "op", "the Users API"."""
        return self.value if self is Surface.OP else f"the {self.value}"


class View(Protocol):
    """What a surface can do as it is now. `tenant` is the account's UUID, "" where the surface
    cannot tell; `blind_spots` are those it alone can know of."""

    @property
    def tenant(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def own(self) -> OwnIdentity | None: ...
    @property
    def reads(self) -> frozenset[Ability]: ...
    @property
    def writes(self) -> frozenset[Ability]: ...
    @property
    def blind_spots(self) -> tuple[str, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def checks(self) -> tuple[Check, ...]: ...


class Part(Protocol):
    """One surface, opened."""

    async def look(self) -> View:
        """Asks who it is and what it can do. Raises `ProviderError`."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class PlainView:
    """A `View` of values."""

    tenant: str = ""
    version: str = ""
    own: OwnIdentity | None = None
    reads: frozenset[Ability] = frozenset()
    writes: frozenset[Ability] = frozenset()
    blind_spots: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Which of the configured surfaces answered when they were asked last, and why others did not.

    A surface in neither is not configured.
    """

    up: Mapping[Surface, View] = field(default_factory=dict)
    down: Mapping[Surface, ProviderError] = field(default_factory=dict)

    @property
    def configured(self) -> frozenset[Surface]:
        return frozenset((*self.up, *self.down))
