"""The org as an ASGI application."""

import time
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from keyturn_providers.simulated.okta import authorise, routes
from keyturn_providers.simulated.okta.behaviour import READ_ONLY
from keyturn_providers.simulated.okta.manners import OktaManners
from keyturn_providers.simulated.okta.web import Answer, Call, Principal, Refused
from keyturn_providers.simulated.wire.application import Wire
from keyturn_providers.simulated.wire.state import setting, writing


def app(path: Path) -> ASGIApp:
    """The org whose state is in this file."""
    return Wire(_org, path, OktaManners())


async def _org(scope: Scope, receive: Receive, send: Send) -> None:
    call = await _call(scope, receive)
    answer = _answered(call, scope["raw_path"])
    body = answer.text.encode()
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    if body:
        headers.append((b"content-type", b"application/json"))
    if answer.status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _answered(call: Call, raw_path: bytes) -> Answer:
    # A group's or a login's slash is encoded in its part: the path is split before it is decoded.
    parts = tuple(unquote(part) for part in raw_path.decode("latin-1").strip("/").split("/"))
    try:
        return _routed(call, parts)
    except authorise.BadProof as refused:
        told = f'DPoP error="invalid_dpop_proof", error_description="{refused.why}"'
        answer = refused.answer()
        return Answer(answer.status, answer.text, (("www-authenticate", told),))
    except Refused as refused:
        return refused.answer()


def _routed(call: Call, parts: tuple[str, ...]) -> Answer:
    fitting = list(routes.fitting(parts))
    if not fitting:
        raise Refused(404, "E0000008", "The requested path was not found")
    route, found = next((f for f in fitting if f[0].method == call.method), (None, {}))
    if route is None:
        raise Refused(405, "E0000022", "The endpoint does not support the provided HTTP method")
    writes = call.method != "GET"
    if (
        writes
        and not call.body
        and "content-length" not in call.headers
        and call.method != "DELETE"
    ):
        raise Refused(411, "E0000021", "Content-Length is missing")
    if not route.scopes:
        with writing(call.connection):
            return route.handler(_with(call, found, Principal("", "", "")))
    who = authorise.principal(call)
    if found.get("user") != "me" or writes:
        authorise.check(who, route.scopes, writes=writes)
    call = _with(call, found, who)
    if not writes:
        return route.handler(call)
    if setting(call.connection, READ_ONLY) == "1":
        raise Refused(503, "E0000010", "Service is in read only mode")
    with writing(call.connection):
        return route.handler(call)


async def _call(scope: Scope, receive: Receive) -> Call:
    body = (await receive()).get("body", b"")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    told = scope["state"]
    return Call(
        connection=told["connection"],
        method=scope["method"],
        path=scope["path"],
        base=f"http://{headers.get('host', 'localhost')}",
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        body=body,
        request_id=told["request_id"],
        now=time.time(),
    )


def _with(call: Call, parts: dict[str, str], who: Principal) -> Call:
    return Call(
        call.connection,
        call.method,
        call.path,
        call.base,
        call.query,
        call.headers,
        call.body,
        call.request_id,
        call.now,
        who,
        parts,
    )
