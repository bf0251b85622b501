"""Okta's manners for the wire: request ids, buckets, rate headers, error bodies."""

import sqlite3

from keyturn_providers.simulated.okta import authorise, paging
from keyturn_providers.simulated.okta.moments import new_id
from keyturn_providers.simulated.okta.web import error_text
from keyturn_providers.simulated.wire.vendor import Arrival, Headers, Reply
from keyturn_providers.simulated.wire.windows import Bucket, Window

_SHARE = 0.5

BUCKETS = {
    name: Bucket(name, limit, share=_SHARE)
    for name, limit in (
        ("users", 600),
        ("users/{id} read", 2000),
        ("users/{id} write", 600),
        ("groups", 500),
        ("groups/{id}", 1000),
        ("apps", 100),
        ("apps/{id}", 500),
        ("logs", 120),
        ("oauth2/v1/clients", 100),
        ("other", 1200),
    )
}
"""All buckets by name, with what was last published for a workforce org, per minute. One token or
client may use half of each."""

_KNOWN = {
    "E0000009": "Internal Server Error",
    "E0000010": "Service is in read only mode",
    "E0000011": "Invalid token provided",
    "E0000015": "You do not have permission to access the feature you are requesting",
    "E0000006": "You do not have permission to perform the requested action",
    "E0000007": "Not found: Resource not found",
    "E0000001": "Api validation failed",
    "E0000004": "Authentication failed",
    "E0000005": "Invalid session",
    "E0000016": "Activation failed because the user is already active",
    "E0000029": "Invalid paging request.",
    "E0000031": "Invalid search criteria.",
    "E0000038": "This operation is not allowed in the user's current status.",
    "E0000060": "Unsupported operation.",
    "E0000112": "Cannot update this user because they are still being activated.",
    "E0000047": "API call exceeded rate limit due to too many requests.",
}
_USUAL = {
    400: "E0000001",
    401: "E0000011",
    403: "E0000006",
    404: "E0000007",
    429: "E0000047",
    503: "E0000010",
}


class OktaManners:
    """What the wire asks of Okta."""

    def request_id(self) -> str:
        """Also the id of the transaction in the System Log."""
        return new_id("req")

    def client(self, connection: sqlite3.Connection, arrival: Arrival) -> str:
        """The id of the API token or of the OAuth client."""
        return authorise.tag(connection, arrival.headers)

    def page(self, arrival: Arrival) -> int:
        """The cursor knows."""
        return paging.page_number(arrival.query)

    def bucket(self, arrival: Arrival) -> Bucket | None:
        """An exact path beats the longest prefix, and the method matters."""
        return BUCKETS[_bucket(arrival)]

    def headers(self, request_id: str, window: Window | None, status: int) -> Headers:
        """The request id and the window; no Retry-After, also on 429."""
        told = (("x-okta-request-id", request_id),)
        if window is None:
            return told
        return (
            *told,
            ("x-rate-limit-limit", str(window.limit)),
            ("x-rate-limit-remaining", str(window.remaining)),
            ("x-rate-limit-reset", str(int(-(-window.resets_at // 1)))),
        )

    def error(self, status: int, detail: str, request_id: str) -> Reply:
        """An error body; `detail` is an error code."""
        code = detail or _USUAL.get(status, "E0000009")
        return Reply(status, error_text(code, _KNOWN.get(code, "Error")).encode())


def _bucket(arrival: Arrival) -> str:
    path = arrival.path.rstrip("/")
    parts = path.split("/")[1:]
    match parts:
        case ["api", "v1", "users"]:
            return "users"
        case ["api", "v1", "users", *_]:
            return "users/{id} read" if arrival.method == "GET" else "users/{id} write"
        case ["api", "v1", "groups"]:
            return "groups"
        case ["api", "v1", "groups", *_]:
            return "groups/{id}"
        case ["api", "v1", "apps", _]:
            return "apps/{id}"
        case ["api", "v1", "apps", *_]:
            return "apps"
        case ["api", "v1", "logs"]:
            return "logs"
        case ["oauth2", "v1", "clients", *_]:
            return "oauth2/v1/clients"
        case _:
            return "other"
