"""The dead man's switch: whether a source has not been read whole for longer than allowed.

A schedule that died, a credential that ran out and a quiet day look the same to who waits for news.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from keyturn_providers.records import SourceIdentity
from keyturn_storage.snapshots import Cache

_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Silent:
    """A source that was last read whole at `last_ms`, None for never, which is `for_ms` ago."""

    source: str
    last_ms: int | None
    for_ms: int | None


def silent_sources(
    cache: Cache, sources: Iterable[SourceIdentity], allowed_ms: int, now_ms: int
) -> tuple[Silent, ...]:
    """Those of `sources` that were not read whole within `allowed_ms`. A clock that was set back
    does not make an old reading young: what lies in the future counts as now."""
    found: list[Silent] = []
    for one in sources:
        last_ms = next(
            (
                info.started_ms
                for info in cache.snapshots(one.name)[:_LOOKED_AT]
                if info.state == "sealed" and info.complete and info.source.tenant == one.tenant
            ),
            None,
        )
        if last_ms is None:
            found.append(Silent(one.name, None, None))
        elif now_ms - last_ms > allowed_ms:
            found.append(Silent(one.name, last_ms, now_ms - last_ms))
    return tuple(found)
