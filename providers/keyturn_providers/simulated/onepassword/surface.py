"""What the three HTTP surfaces of the tenant have in common."""

import json
import sqlite3
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from keyturn_providers.simulated.onepassword.due import catch_up
from keyturn_providers.simulated.onepassword.ids import new_id
from keyturn_providers.simulated.wire.vendor import Arrival, Headers, Reply
from keyturn_providers.simulated.wire.windows import Bucket, Window

Json = dict[str, object]


class Manners:
    """The wire's vendor for one surface. `worded` writes the body of an error; `tag` says who asks.

    Nothing tells a client how many requests are left: 1Password sends no such headers.
    """

    def __init__(
        self,
        worded: Callable[[int, str], Json],
        tag: Callable[[sqlite3.Connection, Arrival], str],
        *,
        counted: Callable[[Arrival], Bucket | None] = lambda _: None,
        content_type: str = "application/json",
    ) -> None:
        self._worded = worded
        self._tag = tag
        self._counted = counted
        self._content_type = content_type

    def request_id(self) -> str:
        """A new id for a request."""
        return new_id()

    def client(self, connection: sqlite3.Connection, arrival: Arrival) -> str:
        """Who asks, never with a credential in it."""
        return self._tag(connection, arrival)

    def page(self, arrival: Arrival) -> int:
        """Pages are not counted: every listing has another way to name them."""
        return 1

    def bucket(self, arrival: Arrival) -> Bucket | None:
        """What the request is counted in."""
        return self._counted(arrival)

    def headers(self, request_id: str, window: Window | None, status: int) -> Headers:
        """What every answer carries."""
        return (("x-request-id", request_id),)

    def error(self, status: int, detail: str, request_id: str) -> Reply:
        """An error answer in the surface's own shape."""
        body = self._worded(status, detail or HTTPStatus(status).phrase)
        return Reply(status, json.dumps(body).encode(), self._content_type)


def connection_of(request: Request) -> sqlite3.Connection:
    """The tenant's file for this request, with everything done that has become due."""
    connection: sqlite3.Connection = request.state.connection
    connection.row_factory = sqlite3.Row
    catch_up(connection)
    return connection


def answer(body: object, status: int = 200, content_type: str = "application/json") -> Response:
    """A JSON answer."""
    return Response(json.dumps(body, ensure_ascii=False), status, media_type=content_type)


async def body_of(request: Request) -> Json | None:
    """The request's JSON object; {} without a body, None where it is something else."""
    raw = await request.body()
    try:
        value: object = json.loads(raw) if raw else {}
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def bearer(headers: "dict[str, str] | object") -> str:
    """The bearer token of an Authorization header, "" without one."""
    get = getattr(headers, "get", None)
    given = str(get("authorization", "")) if get else ""
    kind, _, token = given.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
