"""A SCIM directory in a few lines, to be answered from by the fault server; it can misbehave."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fault.server import Reply, Request, json_reply

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def scim_error(status: int, scim_type: str = "", detail: str = "told so") -> Reply:
    body = {"schemas": [ERROR], "status": str(status), "scimType": scim_type, "detail": detail}
    return json_reply(body, status)


@dataclass
class ScimTenant:
    """`users` and `groups` by id. `config` is ServiceProviderConfig (None: 404).

    `fault` sees every request before it is answered, with its number from 1 on, and may answer
    instead. `page` changes a finished list page. `cap` is the most records in a page.
    """

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    config: dict[str, Any] | None = None
    cap: int = 1000
    fault: Callable[[int, Request], Reply | None] = lambda _number, _request: None
    page: Callable[[dict[str, Any], Mapping[str, str]], dict[str, Any]] = lambda page, _query: page
    patches: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    requests: int = 0

    def __call__(self, request: Request) -> Reply:
        self.requests += 1
        told = self.fault(self.requests, request)
        return told if told is not None else self.answer(request)

    def answer(self, request: Request) -> Reply:
        _, kind, *rest = request.path.split("/")
        if kind == "ServiceProviderConfig":
            return scim_error(404) if self.config is None else json_reply(self.config)
        stored = {"Users": self.users, "Groups": self.groups}.get(kind)
        if stored is None:
            return scim_error(404)
        if not rest:
            return self._list(list(stored.values()), request)
        resource = stored.get("/".join(rest))
        if resource is None:
            return scim_error(404, detail="no such resource")
        if request.method == "PATCH":
            body = json.loads(request.body)
            self.patches.append((request.headers["x-keyturn-op"], body))
            patch(resource, body["Operations"][0])
            return Reply(204)
        return json_reply(resource)

    def _list(self, rows: list[dict[str, Any]], request: Request) -> Reply:
        query = request.query
        count = min(int(query.get("count", "100")), self.cap)
        if "members" in query.get("excludedAttributes", ""):
            rows = [{k: v for k, v in row.items() if k != "members"} for row in rows]
        if "cursor" in query:
            start = int(query["cursor"].removesuffix("+/=:") or "0")
            page: dict[str, Any] = {"schemas": [LIST], "Resources": rows[start : start + count]}
            if start + count < len(rows):
                page["nextCursor"] = f"{start + count}+/=:"
        else:
            first = int(query.get("startIndex", "1"))
            page = {
                "schemas": [LIST],
                "totalResults": len(rows),
                "startIndex": first,
                "Resources": rows[first - 1 : first - 1 + count],
            }
        return json_reply(self.page(page, query))


def patch(resource: dict[str, Any], operation: Mapping[str, Any]) -> None:
    """Applies the few operations that the connector sends."""
    path, value = operation["path"], operation.get("value")
    if path.startswith("members["):
        wanted = json.loads(path.removeprefix("members[value eq ").removesuffix("]"))
        resource["members"] = [m for m in resource["members"] if m["value"] != wanted]
    elif operation["op"] == "add":
        resource.setdefault(path, []).extend(value)
    else:
        resource[path] = value


def people(number: int) -> dict[str, dict[str, Any]]:
    return {
        f"u{n}": {"id": f"u{n}", "userName": f"user{n}@acme.example", "active": True}
        for n in range(number)
    }


def teams(number: int, members: list[str]) -> dict[str, dict[str, Any]]:
    return {
        f"g{n}": {
            "id": f"g{n}",
            "displayName": f"Team {n}",
            "members": [{"value": member} for member in members],
        }
        for n in range(number)
    }
