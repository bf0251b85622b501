"""Pages with opaque cursors, and the links between them: one Link header line per relation."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import parse_qs, urlencode

from keyturn_providers.simulated.okta.behaviour import EMPTY_LAST_PAGE
from keyturn_providers.simulated.okta.web import Answer, Call, Refused
from keyturn_providers.simulated.wire.state import setting

Row = TypeVar("Row")
Key = list[str | int | float]


def limit_of(call: Call, default: int, most: int) -> int:
    """The page size asked for, within what this listing allows."""
    told = call.query.get("limit")
    if told is None:
        return default
    if not told.lstrip("-").isdigit():
        raise Refused(400, "E0000001", "Api validation failed: limit", "limit: not a number")
    return default if int(told) < 1 else min(int(told), most)


def after_of(call: Call, listing: str) -> Key | None:
    """Where the page begins: the key of the last row before it, or None for the first page."""
    cursor = call.query.get("after")
    if cursor is None:
        return None
    told = _read(cursor)
    if told is None or told[0] != listing:
        raise Refused(400, "E0000029", "Invalid paging request.", "Invalid cursor.")
    return told[2]


def page_number(query: str) -> int:
    """Which page a query string asks for, from 1."""
    cursor = parse_qs(query).get("after")
    told = _read(cursor[0]) if cursor else None
    return told[1] if told else 1


def page(
    call: Call,
    listing: str,
    rows: Sequence[Row],
    limit: int,
    key: Callable[[Row], Key],
    text: Callable[[Row], str],
) -> Answer:
    """The answer for one page. `rows` are one more than `limit` where others follow."""
    shown = rows[:limit]
    more = len(rows) > limit or (
        len(rows) == limit and setting(call.connection, EMPTY_LAST_PAGE) == "1"
    )
    body = "[" + ",".join(text(row) for row in shown) + "]"
    return Answer(200, body, links(call, listing, key(shown[-1]) if more else None))


def links(call: Call, listing: str, next_key: Key | None) -> tuple[tuple[str, str], ...]:
    """The Link headers of a page. The next one starts behind `next_key`."""
    made = [("link", f'<{_url(call, call.query)}>; rel="self"')]
    if next_key is not None:
        number = page_number(urlencode(call.query)) + 1
        query = {**call.query, "after": _cursor(listing, number, next_key)}
        query.pop("since", None)
        made.append(("link", f'<{_url(call, query)}>; rel="next"'))
    return tuple(made)


def _url(call: Call, query: object) -> str:
    encoded = urlencode(query) if isinstance(query, dict) and query else ""
    return f"{call.base}{call.path}" + (f"?{encoded}" if encoded else "")


def _cursor(listing: str, number: int, key: Key) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps([listing, number, key]).encode()).decode().rstrip("=")
    )


def _read(cursor: str) -> tuple[str, int, Key] | None:
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        return None
    match told:
        case [str() as listing, int() as number, list() as key]:
            return listing, number, key
        case _:
            return None
