"""The configuration and the two sources as they really are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.kept_policy import KeptPolicy
from keyturn.tui.openings import Loaded

if TYPE_CHECKING:
    from keyturn.run.connections import Connections
    from keyturn_providers.records import Side


@dataclass(frozen=True, slots=True)
class RealDoors:
    """`keyturn.tui.openings.Doors` over keyturn.yaml and the registry of providers."""

    config: Path
    kept: KeptPolicy = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", KeptPolicy(self.config))

    def load(self) -> Loaded:
        """keyturn.yaml as it is now."""
        return self.kept.load()

    def silence_ms(self) -> int | None:
        """`limits.silence`; None while keyturn.yaml cannot be used, which other screens tell."""
        from keyturn.policy.problems import PolicyInvalid
        from keyturn_providers.errors import ProviderError

        try:
            return self.kept.load().silence_ms
        except (OSError, PolicyInvalid, ProviderError):
            return None

    def reached(self, loaded: Loaded, side: "Side") -> tuple[str, str, Mapping[str, object]]:
        """From the sections `directory` and `secrets`."""
        from keyturn.policy.loaded import LoadedPolicy

        if not isinstance(loaded, LoadedPolicy):
            raise TypeError("only a policy loaded from a file says how to reach a source")
        source = loaded.directory if side.value == "directory" else loaded.secrets
        return source.kind, source.name, source.settings

    def connect(
        self, loaded: Loaded, *, read_only: bool, observe: Callable[[object], None]
    ) -> "Connections":
        """Both sources through their providers."""
        from keyturn.policy.loaded import LoadedPolicy
        from keyturn.run.connections import open_connections

        if not isinstance(loaded, LoadedPolicy):
            raise TypeError("only a policy loaded from a file says how to connect")
        return open_connections(loaded, read_only=read_only, observe=observe)
