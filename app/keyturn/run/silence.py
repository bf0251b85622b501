"""The dead man's switch: whether a source has not been read whole for longer than allowed.

A schedule that died, a credential that ran out and a quiet day look the same to who waits for news.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from keyturn_providers.records import SourceIdentity
from keyturn_storage.snapshots import Cache

_LOOKED_AT = 1_000


HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Silent:
    """A source that was last read whole at `last_ms`, None for never, which is `for_ms` ago."""

    source: str
    last_ms: int | None
    for_ms: int | None

    def words(self, allowed_ms: int, at: str = "") -> str:
        """In a sentence, with what to do next; `at` is when it was last read whole."""
        allowed = allowed_words(allowed_ms)
        if self.last_ms is None or self.for_ms is None:
            return f"{self.source} was never read whole; {allowed}. Look at the schedule"
        when = f"{at}, " if at else ""
        return (
            f"{self.source} was last read whole {when}{self.for_ms // HOUR_MS} h ago; {allowed}. "
            "Look at the schedule and the credential"
        )


def allowed_words(allowed_ms: int) -> str:
    """ "limits.silence allows 24 h"; less than an hour in minutes."""
    hours, minutes = divmod(allowed_ms // 60_000, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else ""]
    return f"limits.silence allows {' '.join(part for part in parts if part)}"


def silence_of(source: str, last_ms: int | None, allowed_ms: int, now_ms: int) -> Silent | None:
    """None for a source that was read whole within `allowed_ms`. A clock that was set back does not
    make an old reading young: what lies in the future counts as now."""
    if last_ms is None:
        return Silent(source, None, None)
    silent_ms = now_ms - last_ms
    return Silent(source, last_ms, silent_ms) if silent_ms > allowed_ms else None


def silent_sources(
    cache: Cache, sources: Iterable[SourceIdentity], allowed_ms: int, now_ms: int
) -> tuple[Silent, ...]:
    """Those of `sources` that were not read whole within `allowed_ms`."""
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
        silent = silence_of(one.name, last_ms, allowed_ms, now_ms)
        if silent is not None:
            found.append(silent)
    return tuple(found)
