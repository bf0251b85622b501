"""The policy as it is now, parsed again only where its file has other bytes."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.policy.loaded import LoadedPolicy


@dataclass(slots=True)
class KeptPolicy:
    """Loads keyturn.yaml. Safe to ask from several threads."""

    config: Path
    _content: bytes | None = None
    _loaded: "LoadedPolicy | None" = None
    _lock: Lock = field(default_factory=Lock)

    def load(self) -> "LoadedPolicy":
        """keyturn.yaml, read now and checked against the connectors that are installed.

        Raises PolicyInvalid with every problem, or Misconfigured for a connector that cannot be
        loaded.
        """
        with self._lock:
            content = self._read()
            if self._loaded is None or content is None or content != self._content:
                self._loaded = _load(self.config)
                self._content = content
            return self._loaded

    def _read(self) -> bytes | None:
        try:
            return self.config.read_bytes()
        except OSError:
            return None  # loading it says why


def _load(config: Path) -> "LoadedPolicy":
    from keyturn.policy.load import load_policy
    from keyturn_providers.registry import find, kinds

    return load_policy(config, {kind: find(kind).settings for kind in kinds()})
