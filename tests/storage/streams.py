"""Events and pages of streams, as the tests of the archive make them."""

from keyturn_providers.records import Side, SourceIdentity
from keyturn_storage.stream_rows import EventIn, GapIn, PageIn

SOURCE = SourceIdentity("1password", "onepassword", Side.SECRETS, "ACCOUNT-1")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
T0 = 20_000 * DAY_MS
"""Midnight of some day, UTC."""


def usage(number: int, *, user: str = "U1", vault: str = "V1", item: str = "I1") -> EventIn:
    """An item usage, an hour after the one before it."""
    return EventIn(
        f"e{number}", T0 + number * HOUR_MS, "fill", f'{{"uuid":"e{number}"}}', user, vault, item
    )


def page(
    *events: EventIn,
    after: str | None = None,
    position: str = "p1",
    asked_ms: int = T0 + 10 * DAY_MS,
    whole_ms: int | None = None,
    gap: GapIn | None = None,
) -> PageIn:
    """A page from the beginning to "p1", not the last, unless told otherwise."""
    return PageIn(events, after, position, asked_ms, whole_ms, gap)
