"""The last requests that were made, in words, for whatever screen shows them."""

from collections import deque
from collections.abc import Iterable

REQUESTS_KEPT = 50


class LastRequests:
    """Keeps the last of them since the dashboard was started, the newest last."""

    def __init__(self) -> None:
        self._seen: deque[tuple[str, str, str]] = deque(maxlen=REQUESTS_KEPT)

    def watch(self, happened: Iterable[object]) -> None:
        """Takes the requests and waits among what happened in a job."""
        # Not needed for the first paint.
        from keyturn_providers.contract import RequestSeen, Waiting

        for event in happened:
            if isinstance(event, RequestSeen):
                status = "no answer" if event.status is None else str(event.status)
                took = f"{event.elapsed_ms:.0f} ms"
                words = f"{event.method} {event.path}"
                self._seen.append((f"{status:>3} {took:>8}", event.source, words))
            elif isinstance(event, Waiting):
                took = f"{event.seconds:.0f} s"
                self._seen.append((f"  – {took:>8}", event.source, f"waits: {event.reason}"))

    def newest(self, count: int = REQUESTS_KEPT) -> tuple[str, ...]:
        """The newest first, what was asked below each other."""
        found = list(reversed(self._seen))[:count]
        widest = max((len(source) for _, source, _ in found), default=0)
        return tuple(f"{took}  {source:<{widest}}  {words}" for took, source, words in found)
