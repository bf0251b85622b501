"""What the wire must be told about a vendor: who asks, what is counted, how an error looks."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from keyturn_providers.simulated.wire.windows import Bucket, Window

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came: header names in lower case, the path decoded and without the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer the vendor writes itself."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Headers = ()


class Vendor(Protocol):
    """One vendor's manners. All of it is called on the server's thread and must not wait."""

    def request_id(self) -> str:
        """A new id for a request."""

    def client(self, connection: sqlite3.Connection, arrival: Arrival) -> str:
        """A tag for who asks, whose requests are counted together; "" for nobody known."""

    def page(self, arrival: Arrival) -> int:
        """Which page of a listing is asked for, from 1."""

    def bucket(self, arrival: Arrival) -> Bucket | None:
        """The bucket the request is counted in, None where nothing is counted."""

    def headers(self, request_id: str, window: Window | None, status: int) -> Headers:
        """What every answer carries besides its own headers."""

    def error(self, status: int, detail: str, request_id: str) -> Reply:
        """An error answer. `detail` is the vendor's own code or sentence, "" the usual one."""
