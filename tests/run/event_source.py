"""A secret manager in memory that logs events, for tests of the archive."""

from keyturn_providers.abilities import StreamedEvent
from keyturn_providers.simulated import EventLog, Pair

DAY_MS = 86_400_000
USAGES = "item usages"
AUDIT = "audit events"


def usages(first: int, last: int, *, at_ms: int, user: str = "s-001") -> tuple[StreamedEvent, ...]:
    """Item usages number `first` to `last`, a minute apart from `at_ms` on."""
    return tuple(
        StreamedEvent(
            f"u{number}",
            at_ms + (number - first) * 60_000,
            "fill",
            f'{{"uuid":"u{number}"}}',
            user,
            "v-billing",
            f"i{number % 3}",
        )
        for number in range(first, last + 1)
    )


def audits(first: int, last: int, *, at_ms: int) -> tuple[StreamedEvent, ...]:
    """Audit events number `first` to `last`, an hour apart from `at_ms` on."""
    return tuple(
        StreamedEvent(
            f"a{n}", at_ms + (n - first) * 3_600_000, "grant vault", "{}", "", "v-billing"
        )
        for n in range(first, last + 1)
    )


def logging(pair: Pair, *, kept_days: float | None = None) -> EventLog:
    """Gives the pair's secret manager the two streams, empty."""
    log = EventLog(kept_s=None if kept_days is None else kept_days * 86_400)
    pair.secrets.log = log
    return log
