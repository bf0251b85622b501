"""Pages of the event streams: cursors, what is visible by now, and what is too old."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import NamedTuple

from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.refusals import bad_request
from keyturn_providers.simulated.onepassword.switches import is_on, number

_DAY_MS = 86_400_000
_DEFAULT_LIMIT = 100
_MOST = 1000


class Place(NamedTuple):
    """Where a reader of a stream is. `repeat` is the event that may come again, `pause` says that
    an empty page may come first."""

    feature: str
    limit: int
    start_ms: int | None
    end_ms: int | None
    visible_ms: int = -1
    seq: int = 0
    repeat: int = 0
    pause: bool = False

    def cursor(self) -> str:
        """This place as clients get it."""
        return base64.urlsafe_b64encode(json.dumps(self).encode()).decode("ascii").rstrip("=")


class EventPage(NamedTuple):
    """Events as they are stored, and what follows."""

    bodies: list[str]
    cursor: str
    has_more: bool


def place_of(conn: Connection, feature: str, body: Mapping[str, object]) -> Place:
    """The place a request names: a cursor, or limit and times to begin with. Refused as (400)."""
    if "cursor" in body:
        place = _parsed(body["cursor"])
        if place is None or place.feature != feature or is_on(conn, "cursors_refused"):
            raise bad_request("invalid cursor")
        return place
    limit = body.get("limit", _DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _MOST:
        raise bad_request("limit must be between 1 and 1000")
    return Place(feature, limit, _moment(body, "start_time"), _moment(body, "end_time"))


def next_page(conn: Connection, place: Place) -> EventPage:
    """What follows a place. Events come in the order in which they became visible."""
    if place.pause and is_on(conn, "empty_pages"):
        return EventPage([], place._replace(pause=False).cursor(), True)
    now = now_ms(conn)
    floor = now - int(number(conn, "events_days") * _DAY_MS)
    rows = conn.execute(
        "SELECT seq, visible_ms, body FROM event WHERE feature = ?1"
        # No event is visible before it happens, so the index can begin where nothing is too old.
        " AND visible_ms BETWEEN max(?3, ?5) AND ?2 AND (visible_ms > ?3 OR seq > ?4)"
        " AND at_ms >= ?5 AND at_ms < ?6 ORDER BY visible_ms, seq LIMIT ?7",
        (
            place.feature,
            now,
            place.visible_ms,
            place.seq,
            max(floor, place.start_ms or 0),
            place.end_ms or 1 << 60,
            place.limit + 1,
        ),
    ).fetchall()
    more = len(rows) > place.limit
    rows = rows[: place.limit]
    bodies = [row["body"] for row in rows]
    if place.repeat and is_on(conn, "duplicates"):
        again = conn.execute("SELECT body FROM event WHERE seq = ?", (place.repeat,)).fetchone()
        bodies = [again["body"], *bodies]
    if rows:
        place = place._replace(visible_ms=rows[-1]["visible_ms"], seq=rows[-1]["seq"])
    after = place._replace(repeat=place.seq if more else 0, pause=more)
    return EventPage(bodies, after.cursor(), more)


def _parsed(cursor: object) -> Place | None:
    if not isinstance(cursor, str):
        return None
    try:
        fields = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return Place(*fields)
    except (ValueError, TypeError):
        return None


def _moment(body: Mapping[str, object], name: str) -> int | None:
    text = body.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise bad_request(f"{name} is not a time of RFC 3339") from error
    if moment.tzinfo is None:
        raise bad_request(f"{name} has no time zone")
    return int(moment.astimezone(UTC).timestamp() * 1000)
