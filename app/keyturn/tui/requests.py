"""The last requests that were made, in words, for whatever screen shows them."""

from collections import deque
from collections.abc import Iterable

REQUESTS_KEPT = 50


class LastRequests:
    """Keeps the last of them since the dashboard was started, the newest last."""

    def __init__(self) -> None:
        self._words: deque[str] = deque(maxlen=REQUESTS_KEPT)

    def watch(self, happened: Iterable[object]) -> None:
        """Takes the requests and waits among what happened in a job."""
        # Not needed for the first paint.
        from keyturn_providers.contract import RequestSeen, Waiting

        for event in happened:
            if isinstance(event, RequestSeen):
                status = "no answer" if event.status is None else str(event.status)
                took = f"{event.elapsed_ms:.0f} ms"
                self._words.append(
                    f"{status:>3} {took:>8}  {event.source}  {event.method} {event.path}"
                )
            elif isinstance(event, Waiting):
                self._words.append(f"{event.source}  waits {event.seconds:.0f} s: {event.reason}")

    def newest(self, count: int = REQUESTS_KEPT) -> tuple[str, ...]:
        """The newest first."""
        return tuple(reversed(self._words))[:count]
