"""The bridge's HTTP application: SCIM, health, and the lock that the first bearer opens."""

import hmac
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from sqlite3 import Connection

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from keyturn_providers.simulated.onepassword import groups, people
from keyturn_providers.simulated.onepassword.actor import bridge
from keyturn_providers.simulated.onepassword.bridge import changes, discovery
from keyturn_providers.simulated.onepassword.bridge.health import VERSION, health
from keyturn_providers.simulated.onepassword.bridge.resources import (
    group_resource,
    group_row,
    group_rows,
    user_resource,
    user_row,
    user_rows,
)
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.due import catch_up
from keyturn_providers.simulated.onepassword.refusals import Refused, bad_request
from keyturn_providers.simulated.onepassword.schema import set_setting, setting, writing
from keyturn_providers.simulated.onepassword.surface import (
    Json,
    Manners,
    answer,
    bearer,
    body_of,
    connection_of,
)
from keyturn_providers.simulated.onepassword.switches import is_on
from keyturn_providers.simulated.wire.application import Wire
from keyturn_providers.simulated.wire.vendor import Arrival

_SCIM = "application/scim+json"
_MOST = 10_000
_Handler = Callable[[Request, Connection], Awaitable[Response]]


def bridge_app(path: Path) -> Wire:
    """The bridge of the tenant in this file, as an ASGI application."""
    routes = [
        Route("/", _home),
        Route("/app", _page),
        Route("/app/status", _page),
        Route("/ping", _ping),
        Route("/health", _guarded(_health, scim=False)),
        Route("/metrics", _guarded(_metrics, scim=False)),
    ]
    for root in ("/scim/v2", "/scim"):
        routes += [
            Route(f"{root}/ServiceProviderConfig", _guarded(_config)),
            Route(f"{root}/ResourceTypes", _guarded(_types)),
            Route(f"{root}/Schemas", _guarded(_schemas)),
            Route(f"{root}/Users", _guarded(_users), methods=["GET", "POST"]),
            Route(
                f"{root}/Users/{{id}}", _guarded(_user), methods=["GET", "PATCH", "PUT", "DELETE"]
            ),
            Route(f"{root}/Groups", _guarded(_groups), methods=["GET", "POST"]),
            Route(
                f"{root}/Groups/{{id}}", _guarded(_group), methods=["GET", "PATCH", "PUT", "DELETE"]
            ),
        ]
    return Wire(Starlette(routes=routes), path, Manners(_worded, _tag, content_type=_SCIM))


def _tag(conn: Connection, arrival: Arrival) -> str:
    return "bearer" if _right(conn, bearer(arrival.headers)) else ""


def _right(conn: Connection, token: str) -> bool:
    return hmac.compare_digest(token.encode(), setting(conn, "bridge_token").encode())


def _worded(status: int, detail: str) -> Json:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "detail": detail,
        "status": str(status),
    }


def _guarded(handler: _Handler, *, scim: bool = True) -> Callable[[Request], Awaitable[Response]]:
    async def guard(request: Request) -> Response:
        conn = connection_of(request)
        if not _right(conn, bearer(request.headers)):
            return answer(_worded(401, "Invalid or missing bearer token"), 401, _SCIM)
        if not setting(conn, "bridge_unlocked_ms"):
            set_setting(conn, "bridge_unlocked_ms", str(now_ms(conn)))
            catch_up(conn)
        if scim and not is_on(conn, "provisioning_on"):
            return answer(_worded(500, "Internal Server Error"), 500, _SCIM)
        try:
            return await handler(request, conn)
        except Refused as refused:
            status = refused.status or 400
            body = _worded(status, refused.text)
            if status == 409:
                body["scimType"] = "uniqueness"
            elif refused.reason.startswith("invalid"):
                body["scimType"] = refused.reason
            return answer(body, status, _SCIM)

    return guard


async def _home(_: Request) -> Response:
    return RedirectResponse("/app")


async def _page(_: Request) -> Response:
    return Response(f"<html><body>SCIM bridge {VERSION}</body></html>", media_type="text/html")


async def _ping(_: Request) -> Response:
    return PlainTextResponse("pong")


async def _health(_: Request, conn: Connection) -> Response:
    return answer(health(conn))


async def _metrics(_: Request, __: Connection) -> Response:
    return PlainTextResponse("# TYPE op_scim_up gauge\nop_scim_up 1\n")


async def _config(_: Request, __: Connection) -> Response:
    return answer(discovery.service_provider_config(), content_type=_SCIM)


async def _types(_: Request, __: Connection) -> Response:
    return answer(discovery.resource_types(), content_type=_SCIM)


async def _schemas(_: Request, __: Connection) -> Response:
    return answer(discovery.schemas(), content_type=_SCIM)


async def _users(request: Request, conn: Connection) -> Response:
    if request.method == "GET":
        rows = user_rows(conn, request.query_params.get("filter", ""))
        return _page_of(request, conn, [user_resource(row) for row in rows])
    body = await _object(request)
    if not isinstance(body.get("userName"), str):
        raise bad_request("userName is required")
    with writing(conn):
        actor = bridge(conn)
        user_id = people.provision(
            conn,
            actor,
            str(body["userName"]),
            changes.full_name(body) or str(body["userName"]),
            language=str(body.get("preferredLanguage") or "en"),
            external_id=str(body["externalId"]) if body.get("externalId") else None,
            managed=True,
        )
        if is_on(conn, "hosted"):
            people.accept(conn, user_id)
            people.confirm(conn, actor, user_id)
        if body.get("active") is False:
            people.suspend(conn, actor, user_id)
    return answer(user_resource(user_row(conn, user_id)), content_type=_SCIM)


async def _user(request: Request, conn: Connection) -> Response:
    user_id = str(request.path_params["id"])
    row = user_row(conn, user_id)
    if request.method == "GET":
        return answer(user_resource(row), content_type=_SCIM)
    if request.method == "DELETE":
        with writing(conn):
            if row["state"] not in people.SUSPENDED:
                people.suspend(conn, bridge(conn), user_id)
        return Response(status_code=204)
    body = await _object(request)
    with writing(conn):
        if request.method == "PATCH":
            changes.patch_user(conn, bridge(conn), user_id, body)
        else:
            changes.set_attributes(conn, bridge(conn), user_id, body)
        conn.execute("UPDATE user SET managed = 1 WHERE id = ?", (user_id,))
    if request.method == "PATCH" and is_on(conn, "patch_answers_204"):
        return Response(status_code=204)
    return answer(user_resource(user_row(conn, user_id)), content_type=_SCIM)


async def _groups(request: Request, conn: Connection) -> Response:
    if request.method == "GET":
        with_members = is_on(conn, "members_in_list")
        rows = group_rows(conn, request.query_params.get("filter", ""))
        return _page_of(
            request, conn, [group_resource(conn, row, members=with_members) for row in rows]
        )
    body = await _object(request)
    if not isinstance(body.get("displayName"), str):
        raise bad_request("displayName is required")
    external = body.get("externalId")
    with writing(conn):
        group_id = groups.create_group(
            conn,
            bridge(conn),
            str(body["displayName"]),
            external_id=str(external) if external else None,
            managed=True,
        )
        if body.get("members"):
            changes.set_members(conn, bridge(conn), group_id, body["members"])
    shown = group_resource(conn, group_row(conn, group_id), members=True)
    return answer(shown, content_type=_SCIM)


async def _group(request: Request, conn: Connection) -> Response:
    group_id = str(request.path_params["id"])
    row = group_row(conn, group_id)
    if request.method == "GET":
        return answer(group_resource(conn, row, members=True), content_type=_SCIM)
    if request.method == "DELETE":
        with writing(conn):
            groups.delete_group(conn, bridge(conn), group_id)
        return Response(status_code=204)
    body = await _object(request)
    with writing(conn):
        if request.method == "PATCH":
            changes.patch_group(conn, bridge(conn), group_id, body)
        else:
            if "displayName" in body:
                changes.rename_group(conn, bridge(conn), group_id, str(body["displayName"]))
            changes.set_members(conn, bridge(conn), group_id, body.get("members") or [])
        conn.execute("UPDATE team_group SET managed = 1 WHERE id = ?", (group_id,))
    if request.method == "PATCH" and is_on(conn, "patch_answers_204"):
        return Response(status_code=204)
    shown = group_resource(conn, group_row(conn, group_id), members=True)
    return answer(shown, content_type=_SCIM)


def _page_of(request: Request, conn: Connection, resources: list[Json]) -> Response:
    start = max(1, _whole(request, "startIndex", 1))
    count = min(_MOST, max(0, _whole(request, "count", _MOST)))
    if is_on(conn, "shuffled"):
        random.shuffle(resources)
    shown = resources[start - 1 : start - 1 + count]
    return answer(
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": len(resources),
            "startIndex": start,
            "itemsPerPage": len(shown),
            "Resources": shown,
        },
        content_type=_SCIM,
    )


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    try:
        return int(text) if text else default
    except ValueError as error:
        raise bad_request(f"{name} is not a number") from error


async def _object(request: Request) -> Json:
    body = await body_of(request)
    if body is None:
        raise bad_request("the body is not a JSON object")
    return body
