"""An Events API in a few lines, for the fault server: cursors, empty pages, repeats."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fault.server import Reply, Request, json_reply

ACCOUNT = "ACCOUNTUUIDOFACMEEXAMPLEXX"
DANA = "K7QW2R5TXYABCDEFGHIJKLMNOP"
ADMIN = "ADMINUUIDOFOPSADMINXXXXXXX"
EVERY = ("auditevents", "itemusages", "signinattempts")


def jwt(**claims: object) -> str:
    """A token in the form of a JWT; the signature is made up."""
    parts = [{"alg": "ES256", "kid": "k"}, claims]
    told = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
    return ".".join([*told, "made-up-signature"])


TOKEN = jwt(aud=["events.1password.com"], **{"1password.com/fts": list(EVERY)}, iat=1_750_000_000)


def rfc3339(at_ms: int) -> str:
    stamp = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{at_ms % 1000:03d}482917Z"


def event(
    number: int, at_ms: int, action: str, kind: str, obj: str, **more: object
) -> dict[str, Any]:
    """An audit event in the form of the sheet's example."""
    return {
        "uuid": f"EV{number:024d}",
        "timestamp": rfc3339(at_ms),
        "account_uuid": ACCOUNT,
        "actor_uuid": ADMIN,
        "actor_type": "user",
        "actor_account_uuid": ACCOUNT,
        "actor_details": {"uuid": ADMIN, "name": "Ops Admin", "email": "ops@example.com"},
        "action": action,
        "object_type": kind,
        "object_uuid": obj,
        "aux_id": 0,
        "aux_uuid": "",
        "aux_info": "",
        "session": {"uuid": "S1", "login_time": rfc3339(at_ms), "ip": "203.0.113.7"},
        "location": {"country": "Canada", "region": "Ontario", "city": "Toronto"},
        **more,
    }


def _at_ms(entry: dict[str, Any]) -> int:
    return int(
        datetime.fromisoformat(entry["timestamp"].rstrip("Z")[:23] + "+00:00").timestamp() * 1000
    )


@dataclass
class EventsDouble:
    """`events` by feature, in the order in which they became visible.

    `fault` may answer instead. `empty_first` answers each reset with an empty page that says there
    is more. `twice` delivers the last event of a page again on the next. `refuse` is a set of
    cursors that are not taken.
    """

    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    token: str = TOKEN
    features: tuple[str, ...] = EVERY
    account: str = ACCOUNT
    page: int = 1000
    empty_first: bool = False
    twice: bool = False
    refuse: Callable[[str], bool] = lambda _: False
    fault: Callable[[Request], Reply | None] = lambda _: None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        told = self.fault(request)
        if told is not None:
            return told
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return json_reply({"Error": {"Message": "Unauthorized access"}}, 401)
        if request.path == "/api/v2/auth/introspect":
            body: dict[str, Any] = {
                "uuid": "TOKENUUID",
                "issued_at": "2026-09-01T09:00:00Z",
                "features": list(self.features),
            }
            return json_reply({**body, "account_uuid": self.account} if self.account else body)
        feature = request.path.removeprefix("/api/v2/")
        if feature not in self.features:
            return json_reply({"Error": {"Message": "Unauthorized access"}}, 401)
        asked = json.loads(request.body)
        self.asked.append(asked)
        return self._answer(self.events.get(feature, []), asked)

    def _answer(self, events: list[dict[str, Any]], asked: dict[str, Any]) -> Reply:
        if "cursor" in asked:
            if self.refuse(asked["cursor"]):
                return json_reply({"status": 400, "message": "invalid cursor"}, 400)
            start_ms, number = (int(part) for part in asked["cursor"].split(":"))
        else:
            start = datetime.fromisoformat(asked["start_time"])
            start_ms, number = int(start.timestamp() * 1000), 0
            if self.empty_first:
                return self._page([], start_ms, 0, more=True)
        seen = [entry for entry in events if _at_ms(entry) >= start_ms]
        items = seen[number : number + self.page]
        after = number + len(items)
        if self.twice and number > 0 and items:
            items = [seen[number - 1], *items]
        return self._page(items, start_ms, after, more=after < len(seen))

    def _page(self, items: list[dict[str, Any]], start_ms: int, after: int, *, more: bool) -> Reply:
        return json_reply({"items": items, "cursor": f"{start_ms}:{after}", "has_more": more})
