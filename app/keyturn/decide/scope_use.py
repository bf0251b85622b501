"""What a machine identity was granted against what it is seen to have used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScopeUse:
    """Names of vaults: `granted` all it may open, `used` those of them it opened, `unseen` those no
    event says it opened, `beyond` those it opened and may not open now. `last_ms` is when it last
    opened any, None where no event names it: then nothing is known, and nothing is unseen."""

    granted: tuple[str, ...]
    used: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    last_ms: int | None = None

    @property
    def known(self) -> bool:
        """Whether any event names it."""
        return self.last_ms is not None


def scope_use(granted: Sequence[tuple[str, str]], opened_ms: Mapping[str, int]) -> ScopeUse:
    """`granted` are ids and names of vaults, `opened_ms` when each was last opened, by id.

    A source that names a machine in no event may not name machines at all: that no event says it
    opened a vault means something only if there are events that name it."""
    names = tuple(name for _, name in granted)
    if not opened_ms:
        return ScopeUse(names)
    held = {vault_id for vault_id, _ in granted}
    return ScopeUse(
        names,
        tuple(name for vault_id, name in granted if vault_id in opened_ms),
        tuple(name for vault_id, name in granted if vault_id not in opened_ms),
        tuple(vault_id for vault_id in opened_ms if vault_id not in held),
        max(opened_ms.values()),
    )
