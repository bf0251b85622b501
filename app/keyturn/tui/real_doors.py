"""The configuration and the two sources as they really are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.openings import Loaded

if TYPE_CHECKING:
    from keyturn.run.connections import Connections


@dataclass(frozen=True, slots=True)
class RealDoors:
    """`keyturn.tui.openings.Doors` over keyturn.yaml and the registry of providers."""

    config: Path

    def load(self) -> Loaded:
        """keyturn.yaml, read now and checked against the connectors that are installed.

        Raises PolicyInvalid with every problem, or Misconfigured for a connector that cannot be
        loaded.
        """
        from keyturn.policy.load import load_policy
        from keyturn_providers.registry import find, kinds

        return load_policy(self.config, {kind: find(kind).settings for kind in kinds()})

    def connect(
        self, loaded: Loaded, *, read_only: bool, observe: Callable[[object], None]
    ) -> "Connections":
        """Both sources through their providers."""
        from keyturn.policy.loaded import LoadedPolicy
        from keyturn.run.connections import open_connections

        if not isinstance(loaded, LoadedPolicy):
            raise TypeError("only a policy loaded from a file says how to connect")
        return open_connections(loaded, read_only=read_only, observe=observe)
