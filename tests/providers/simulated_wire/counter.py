"""A tenant that counts: POST adds one, GET tells how many."""

import itertools
import sqlite3
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from keyturn_providers.simulated.wire.application import Wire
from keyturn_providers.simulated.wire.state import create, writing
from keyturn_providers.simulated.wire.vendor import Arrival, Headers, Reply
from keyturn_providers.simulated.wire.windows import Bucket, Window

BUCKET = Bucket("all", 1000, share=0.5)


class Manners:
    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def request_id(self) -> str:
        return f"r{next(self._ids)}"

    def client(self, connection: sqlite3.Connection, arrival: Arrival) -> str:
        return arrival.headers.get("authorization", "")

    def page(self, arrival: Arrival) -> int:
        return int(parse_qs(arrival.query).get("page", ["1"])[0])

    def bucket(self, arrival: Arrival) -> Bucket | None:
        return None if arrival.path == "/free" else BUCKET

    def headers(self, request_id: str, window: Window | None, status: int) -> Headers:
        told = (("x-request-id", request_id),)
        if window is None:
            return told
        return (
            *told,
            ("x-limit", str(window.limit)),
            ("x-remaining", str(window.remaining)),
            ("x-reset", f"{window.resets_at:.3f}"),
        )

    def error(self, status: int, detail: str, request_id: str) -> Reply:
        return Reply(status, f'{{"error":"{detail or status}"}}'.encode())


async def _count(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    connection: sqlite3.Connection = request.state.connection
    if request.method == "POST":
        added = int((await request.body()) or b"1")
        with writing(connection):
            connection.execute("UPDATE counted SET n = n + ?", (added,))
    number = connection.execute("SELECT n FROM counted").fetchone()[0]
    await JSONResponse({"counted": number, "asked_by": request.state.client})(scope, receive, send)


def make(path: Path) -> Wire:
    create(path, "CREATE TABLE counted (n INTEGER); INSERT INTO counted VALUES (0);")
    return Wire(_count, path, Manners())
