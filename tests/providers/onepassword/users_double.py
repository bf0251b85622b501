"""A Users API in a few lines, for the fault server: tokens that end, pages, refusals."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.fault.server import Reply, Request, json_reply

ACCOUNT = "ACCOUNTUUIDOFACMEEXAMPLEXX"
CLIENT, SECRET = "client-1", "made-up-client-secret"
PREFIX = f"/v1beta1/accounts/{ACCOUNT}/users"


def user(user_id: str, state: str = "ACTIVE", **more: object) -> dict[str, Any]:
    return {
        "id": user_id,
        "email": f"{user_id.lower()}@example.com",
        "display_name": f"Person {user_id}",
        "state": state,
        "create_time": "2024-03-01T09:12:44Z",
        "path": f"accounts/{ACCOUNT}/users/{user_id}",
        **more,
    }


def grpc(status: int, name: str, message: str) -> Reply:
    return json_reply({"code": name, "message": message}, status)


@dataclass
class UsersDouble:
    """`cap` is the most users in a page; `before_page` is called before each list page, so that the
    account can change meanwhile. `refusal` may answer a change."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    secret: str = SECRET
    cap: int = 1000
    tokens: set[str] = field(default_factory=set)
    issued: int = 0
    expires_in: object = 900
    before_page: Callable[[Request], None] = lambda _: None
    refusal: Callable[[str], Reply | None] = lambda _: None

    def __call__(self, request: Request) -> Reply:
        if request.path == "/v1beta1/users/oauth2/token":
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return grpc(401, "Unauthenticated", "the token has ended")
        if request.path == PREFIX:
            self.before_page(request)
            return self._list(request)
        user_id, _, verb = request.path.removeprefix(f"{PREFIX}/").partition(":")
        found = self.users.get(user_id)
        if found is None:
            return grpc(404, "NotFound", "no such user")
        if verb:
            refused = self.refusal(user_id)
            if refused is not None:
                return refused
            found["state"] = {"suspend": "SUSPENDED", "reactivate": "ACTIVE"}[verb]
        return json_reply(found)

    def _token(self, request: Request) -> Reply:
        form = {key: value[0] for key, value in parse_qs(request.body.decode()).items()}
        basic = base64.b64encode(f"{CLIENT}:{self.secret}".encode()).decode()
        if request.headers["authorization"] != f"Basic {basic}":
            return json_reply({"error": "invalid_client"}, 401)
        assert form == {"grant_type": "client_credentials", "scope": "openid"}
        self.issued += 1
        token = f"opaque-{self.issued}"
        self.tokens.add(token)
        body = {"access_token": token, "token_type": "Bearer", "scope": "openid"}
        return json_reply({**body, "expires_in": self.expires_in} if self.expires_in else body)

    def _list(self, request: Request) -> Reply:
        wanted = {"user.isActive()": "ACTIVE", "user.isSuspended()": "SUSPENDED"}
        state = wanted.get(request.query.get("filter", ""))
        if state is None:
            return grpc(400, "InvalidArgument", "filter")
        rows = [row for row in self.users.values() if row["state"] == state]
        size = min(int(request.query.get("max_page_size", "25")), self.cap)
        start = int(request.query.get("page_token", "0"))
        page: dict[str, Any] = {"results": rows[start : start + size]}
        if start + size < len(rows):
            page["next_page_token"] = str(start + size)
        return json_reply(page)


def people(active: int, suspended: int = 0) -> dict[str, dict[str, Any]]:
    rows = [user(f"A{n}") for n in range(active)]
    rows += [user(f"S{n}", "SUSPENDED") for n in range(suspended)]
    return {row["id"]: row for row in rows}
