"""A 1Password SCIM bridge in a few lines, for the fault server, with its deviations from SCIM."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fault.scim_tenant import LIST, patch, scim_error
from tests.fault.server import Reply, Request, json_reply

TOKEN = "made-up-bridge-token"
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"


def bridge_user(user_id: str, *, active: bool = True, **more: object) -> dict[str, Any]:
    """In the form of the sheet's example."""
    mail = f"{user_id.lower()}@example.com"
    name = f"Person {user_id}"
    return {
        "schemas": [USER_SCHEMA],
        "id": user_id,
        "userName": mail,
        "active": active,
        "displayName": name,
        "name": {"formatted": name, "givenName": "Person", "familyName": user_id},
        "emails": [{"value": mail, "primary": True}],
        "preferredLanguage": "en",
        "meta": {"resourceType": "User"},
        **more,
    }


def bridge_group(group_id: str, *members: str, **more: object) -> dict[str, Any]:
    return {
        "id": group_id,
        "displayName": f"Team {group_id}",
        "members": [{"value": one, "type": "User"} for one in members],
        **more,
    }


def health(
    now: str = "2026-11-23T16:00:56Z", expires: str = "2099-01-01T00:00:00Z"
) -> dict[str, Any]:
    parts = ("ConfirmationWatcher", "RedisCache", "SCIMServer", "StartProvisionWatcher")
    return {
        "build": "209163",
        "version": "2.9.16",
        "retrievedAt": now,
        "reports": [
            {"source": part, "time": now, "expires": expires, "state": "healthy"} for part in parts
        ],
    }


@dataclass
class BridgeDouble:
    """`shuffled` answers each list in another order. `cap` is the most records in a page. `quiet`
    answers a PATCH with 204. `patch_refused` refuses it. Members come only by id, and only if asked
    for where `coy`. `before` is called before each answer and may give another."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    token: str = TOKEN
    report: Any = field(default_factory=health)
    shuffled: bool = True
    cap: int = 10_000
    quiet: bool = False
    patch_refused: bool = False
    coy: bool = False
    before: Callable[[Request], Reply | None] = lambda _: None
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def __call__(self, request: Request) -> Reply:
        told = self.before(request)
        if told is not None:
            return told
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return scim_error(401, detail="bad token")
        if request.path == "/health":
            return scim_error(404) if self.report is None else json_reply(self.report)
        path = request.path.removeprefix("/scim")
        if path == request.path:
            return scim_error(404)
        _, kind, *rest = path.removeprefix("/v2").split("/")
        stored = {"Users": self.users, "Groups": self.groups}.get(kind)
        if stored is None:
            return scim_error(404)
        if not rest:
            return self._list(kind, list(stored.values()), request)
        resource = stored.get(rest[0])
        if resource is None:
            return scim_error(404, detail="no such resource")
        if request.method == "PATCH":
            return self._patched(resource, request)
        if request.method == "DELETE":
            resource["active"] = False
            return Reply(204)
        if self.coy and request.query.get("attributes") != "members":
            resource = {key: value for key, value in resource.items() if key != "members"}
        return json_reply(resource)

    def _patched(self, resource: dict[str, Any], request: Request) -> Reply:
        if self.patch_refused:
            return scim_error(400, "invalidPath")
        patch(resource, json.loads(request.body)["Operations"][0])
        return Reply(204) if self.quiet else json_reply(resource)

    def _list(self, kind: str, rows: list[dict[str, Any]], request: Request) -> Reply:
        query = request.query
        if "filter" in query:
            wanted = json.loads(query["filter"].removeprefix("userName eq "))
            rows = [one for one in rows if one["userName"].casefold() == wanted.casefold()]
        if self.shuffled:
            self.chance.shuffle(rows)
        if kind == "Groups":
            rows = [{key: value for key, value in row.items() if key != "members"} for row in rows]
        first = int(query.get("startIndex", "1"))
        size = min(int(query.get("count", "100")), self.cap)
        return json_reply(
            {
                "schemas": [LIST],
                "totalResults": len(rows),
                "startIndex": first,
                "itemsPerPage": size,
                "Resources": rows[first - 1 : first - 1 + size],
            }
        )
