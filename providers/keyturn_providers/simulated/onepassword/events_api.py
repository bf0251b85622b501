"""The simulated Events API: introspection and the three streams, in versions 1 and 2."""

import json
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from sqlite3 import Connection, Row

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from keyturn_providers.simulated.onepassword.clock import now_ms, seconds_text
from keyturn_providers.simulated.onepassword.event_pages import next_page, place_of
from keyturn_providers.simulated.onepassword.events_token import FEATURES
from keyturn_providers.simulated.onepassword.refusals import Refused
from keyturn_providers.simulated.onepassword.surface import (
    Json,
    Manners,
    answer,
    bearer,
    body_of,
    connection_of,
)
from keyturn_providers.simulated.onepassword.switches import is_on
from keyturn_providers.simulated.onepassword.trail import account_id
from keyturn_providers.simulated.wire.application import Wire
from keyturn_providers.simulated.wire.vendor import Arrival
from keyturn_providers.simulated.wire.windows import Bucket, charge

PER_MINUTE = Bucket("events per minute", 600, 60.0)
PER_HOUR = Bucket("events per hour", 30_000, 3600.0)
_ONLY_V2 = ("account_uuid", "actor_type", "actor_account_uuid")
_Handler = Callable[[Request, Connection, Row], Awaitable[Response]]


def events_app(path: Path) -> Wire:
    """The Events API of the tenant in this file, as an ASGI application.

    Its limits are the wire's windows named by `PER_MINUTE` and `PER_HOUR`.
    """
    routes = [
        Route("/api/auth/introspect", _guarded(_introspect_v1)),
        Route("/api/v2/auth/introspect", _guarded(_introspect_v2)),
    ]
    for version in ("v1", "v2"):
        routes += [
            Route(
                f"/api/{version}/{feature}",
                _guarded(_stream(feature, oldest=version == "v1")),
                methods=["POST"],
            )
            for feature in FEATURES
        ]
    return Wire(
        Starlette(routes=routes), path, Manners(_worded, _tag, counted=lambda _: PER_MINUTE)
    )


def _tag(conn: Connection, arrival: Arrival) -> str:
    row = _token_row(conn, bearer(arrival.headers))
    return str(row[1]) if row else ""


def _token_row(conn: Connection, token: str) -> Row | None:
    row: Row | None = conn.execute(
        "SELECT token, id, features, issued_ms, expires_ms FROM events_token WHERE token = ?",
        (token,),
    ).fetchone()
    return row


def _worded(_: int, detail: str) -> Json:
    return {"Error": {"Message": detail}}


def _error(conn: Connection, status: int, detail: str) -> Response:
    if is_on(conn, "new_error_body"):
        return answer({"status": status, "message": detail}, status)
    return answer(_worded(status, detail), status)


def _guarded(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    async def guard(request: Request) -> Response:
        conn = connection_of(request)
        row = _token_row(conn, bearer(request.headers))
        if row is None or (row["expires_ms"] is not None and row["expires_ms"] <= now_ms(conn)):
            return _error(conn, 401, "Unauthorized access")
        if not charge(conn, PER_HOUR, row["id"], time.time()).within:
            return _error(conn, 429, HTTPStatus.TOO_MANY_REQUESTS.phrase)
        try:
            return await handler(request, conn, row)
        except Refused as refused:
            return _error(conn, refused.status or 400, refused.text)

    return guard


async def _introspect_v1(_: Request, __: Connection, token: Row) -> Response:
    return answer(
        {
            "UUID": token["id"],
            "IssuedAt": seconds_text(token["issued_ms"]),
            "Features": token["features"].split(","),
        }
    )


async def _introspect_v2(_: Request, conn: Connection, token: Row) -> Response:
    return answer(
        {
            "uuid": token["id"],
            "issued_at": seconds_text(token["issued_ms"]),
            "features": token["features"].split(","),
            "account_uuid": account_id(conn),
        }
    )


def _stream(feature: str, *, oldest: bool) -> _Handler:
    async def stream(request: Request, conn: Connection, token: Row) -> Response:
        if feature not in token["features"].split(","):
            return _error(conn, 401, "Unauthorized access")
        body = await body_of(request)
        if body is None:
            return _error(conn, 400, "the body is not a JSON object")
        page = next_page(conn, place_of(conn, feature, body))
        items = [json.loads(text) for text in page.bodies]
        if oldest:
            items = [_as_v1(item) for item in items]
        return answer({"cursor": page.cursor, "has_more": page.has_more, "items": items})

    return stream


def _as_v1(item: Json) -> Json:
    kept = {name: value for name, value in item.items() if name not in _ONLY_V2}
    for name in ("user", "target_user"):
        person = kept.get(name)
        if isinstance(person, dict):
            kept[name] = {key: value for key, value in person.items() if key != "type"}
    return kept
