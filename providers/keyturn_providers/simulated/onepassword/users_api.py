"""The simulated Users API: opaque tokens for fifteen minutes, people to suspend and reactivate."""

import base64
import hmac
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from sqlite3 import Connection, Row
from urllib.parse import parse_qs, unquote_plus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from keyturn_providers.simulated.onepassword import people
from keyturn_providers.simulated.onepassword.actor import partner
from keyturn_providers.simulated.onepassword.clock import now_ms, seconds_text
from keyturn_providers.simulated.onepassword.ids import looks_like_id
from keyturn_providers.simulated.onepassword.refusals import Refused
from keyturn_providers.simulated.onepassword.schema import writing
from keyturn_providers.simulated.onepassword.surface import (
    Json,
    Manners,
    answer,
    bearer,
    connection_of,
)
from keyturn_providers.simulated.onepassword.switches import is_on
from keyturn_providers.simulated.onepassword.trail import account_id
from keyturn_providers.simulated.wire.application import Wire
from keyturn_providers.simulated.wire.vendor import Arrival

TOKEN_SECONDS = 900
_CODES = {
    400: "InvalidArgument",
    401: "Unauthenticated",
    403: "PermissionDenied",
    404: "NotFound",
    409: "Aborted",
    412: "FailedPrecondition",
    429: "ResourceExhausted",
    500: "Internal",
    503: "Unavailable",
}
_STATES = {
    "ACTIVE": "ACTIVE",
    "RECOVERY_STARTED": "ACTIVE",
    "RECOVERY_ACCEPTED": "ACTIVE",
    "SUSPENDED": "SUSPENDED",
    "TRANSFER_SUSPENDED": "SUSPENDED",
}
_FILTERS = {"user.isActive()": "ACTIVE", "user.isSuspended()": "SUSPENDED"}
_Handler = Callable[[Request, Connection], Awaitable[Response]]


def users_app(path: Path) -> Wire:
    """The Users API of the tenant in this file, as an ASGI application."""
    root = "/v1beta1/accounts/{account}/users"
    routes = [
        Route("/v1beta1/users/oauth2/token", _token, methods=["POST"]),
        Route("/v1beta1/users/oauth2/revoke", _revoke, methods=["POST"]),
        Route(f"{root}/{{id}}:suspend", _guarded(_suspend, "suspend"), methods=["POST"]),
        Route(f"{root}/{{id}}:reactivate", _guarded(_reactivate, "reactivate"), methods=["POST"]),
        Route(f"{root}/{{id}}", _guarded(_get, "get")),
        Route(root, _guarded(_list, "list")),
    ]
    return Wire(Starlette(routes=routes), path, Manners(_worded, _tag))


def _tag(conn: Connection, arrival: Arrival) -> str:
    row = conn.execute(
        "SELECT client_id FROM access_token WHERE token = ?", (bearer(arrival.headers),)
    ).fetchone()
    return str(row[0]) if row else ""


def _worded(status: int, detail: str) -> Json:
    return {"code": _CODES.get(status, "Unknown"), "message": detail}


def _error(status: int, detail: str) -> Response:
    return answer(_worded(status, detail), status)


async def _token(request: Request) -> Response:
    conn = connection_of(request)
    client_id = _client(conn, request)
    if client_id is None:
        return answer({"error": "invalid_client"}, 401)
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    if form.get("grant_type") != ["client_credentials"]:
        return answer({"error": "unsupported_grant_type"}, 400)
    if form.get("scope", ["openid"]) != ["openid"]:
        return answer({"error": "invalid_scope"}, 400)
    token = base64.urlsafe_b64encode(os.urandom(32)).decode("ascii").rstrip("=")
    conn.execute(
        "INSERT INTO access_token VALUES (?, ?, ?)",
        (token, client_id, now_ms(conn) + TOKEN_SECONDS * 1000),
    )
    return answer(
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": "openid",
        }
    )


async def _revoke(request: Request) -> Response:
    conn = connection_of(request)
    if _client(conn, request) is None:
        return answer({"error": "invalid_client"}, 401)
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    conn.execute("DELETE FROM access_token WHERE token = ?", (form.get("token", [""])[0],))
    return answer({})


def _client(conn: Connection, request: Request) -> str | None:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    # RFC 6749 has both parts form-encoded; what has no special characters is the same either way.
    client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    row = conn.execute("SELECT secret FROM oauth_client WHERE id = ?", (client_id,)).fetchone()
    if row is None or not hmac.compare_digest(row["secret"].encode(), secret.encode()):
        return None
    return client_id


def _guarded(handler: _Handler, scope: str) -> Callable[[Request], Awaitable[Response]]:
    async def guard(request: Request) -> Response:
        conn = connection_of(request)
        row = conn.execute(
            "SELECT expires_ms, scopes FROM access_token JOIN oauth_client ON id = client_id"
            " WHERE token = ?",
            (bearer(request.headers),),
        ).fetchone()
        if row is None or row["expires_ms"] <= now_ms(conn):
            return _error(401, "The access token is missing, unknown or expired.")
        if scope not in row["scopes"].split(","):
            return _error(403, "The application may not do this.")
        if request.path_params["account"] != account_id(conn):
            return _error(403, "The application belongs to another account.")
        try:
            return await handler(request, conn)
        except Refused as refused:
            # What the account does not allow is a failed precondition here.
            status = 412 if refused.status == 400 else refused.status or 400
            return _error(status, refused.text)

    return guard


async def _list(request: Request, conn: Connection) -> Response:
    query = request.query_params
    wanted = query.get("filter", "")
    if wanted and wanted not in _FILTERS:
        return _error(400, "filter must be user.isActive() or user.isSuspended()")
    try:
        size = int(query.get("max_page_size") or 25)
        after = _after(query.get("page_token", ""))
    except ValueError:
        return _error(400, "max_page_size or page_token is not valid")
    if not 1 <= size <= 1000:
        return _error(400, "max_page_size must be between 1 and 1000")
    found = conn.execute(
        "SELECT * FROM user WHERE id > ? AND type != 'SERVICE_ACCOUNT' ORDER BY id", (after,)
    )
    pending = is_on(conn, "pending_in_users_api")
    page: list[Json] = []
    body: Json = {"results": page}
    for row in found:
        state = _state(row)
        if (wanted and state != _FILTERS[wanted]) or (state == "STATE_UNSPECIFIED" and not pending):
            continue
        if len(page) == size:
            last = str(page[-1]["id"])
            body["next_page_token"] = base64.urlsafe_b64encode(last.encode()).decode("ascii")
            break
        page.append(_user(conn, row))
    return answer(body)


def _after(page_token: str) -> str:
    """The id that a page follows. ValueError for a token that was not made here."""
    last = base64.b64decode(page_token, altchars=b"-_", validate=True).decode("ascii")
    if last and not looks_like_id(last):
        raise ValueError(page_token)
    return last


async def _get(request: Request, conn: Connection) -> Response:
    return answer(_user(conn, _row(request, conn)))


async def _suspend(request: Request, conn: Connection) -> Response:
    row = _row(request, conn)
    if row["state"] not in people.SUSPENDED:
        with writing(conn):
            people.suspend(conn, partner(conn), row["id"])
    return answer(_user(conn, _row(request, conn)))


async def _reactivate(request: Request, conn: Connection) -> Response:
    row = _row(request, conn)
    if row["state"] in people.SUSPENDED:
        with writing(conn):
            people.reactivate(conn, partner(conn), row["id"])
    return answer(_user(conn, _row(request, conn)))


def _row(request: Request, conn: Connection) -> Row:
    row: Row | None = conn.execute(
        "SELECT * FROM user WHERE id = ?", (request.path_params["id"],)
    ).fetchone()
    if row is None:
        raise Refused("The user does not exist.", 404, "Not Found")
    return row


def _state(row: Row) -> str:
    return _STATES.get(row["state"], "STATE_UNSPECIFIED")


def _user(conn: Connection, row: Row) -> Json:
    return {
        "id": row["id"],
        "email": row["email"],
        "display_name": row["name"],
        "state": _state(row),
        "create_time": seconds_text(row["created_ms"]),
        "path": f"accounts/{account_id(conn)}/users/{row['id']}",
    }
