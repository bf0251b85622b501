"""Requests to OpenBao: paths, and what its answers mean before anybody looks inside.

Knows the API's manners: answers wrap their content in `data`; LIST answers 404 where there is
nothing, with an empty `errors`; a path no mount serves answers 404 with a sentence; a bad token and
a missing right are both 403. Contract sheet: openbao, "Errors".
"""

import json
from collections.abc import Mapping
from urllib.parse import quote

from keyturn_providers.errors import BadAnswer, Conflict, Gone, NotAllowed
from keyturn_providers.http import Answer, Transport
from keyturn_providers.text import safe

OPERATION_HEADER = "X-Keyturn-Op"
# sys/health: active, standby (three kinds), not initialised, sealed.
HEALTH_STATUSES = (200, 429, 472, 473, 501, 503)


def explain(body: bytes) -> str:
    """The server's own sentence in an error answer, "" where there is none."""
    return "; ".join(" ".join(error.split()) for error in _errors(body))


def part(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="")


class BaoClient:
    """One server, one namespace. Every method raises `ProviderError` only."""

    def __init__(self, transport: Transport, namespace: str = "") -> None:
        self._transport = transport
        # Not a default of the transport: `sys/health` refuses to answer in a namespace.
        self._headers = {"X-Vault-Namespace": namespace} if namespace else {}

    @property
    def source(self) -> str:
        return self._transport.source

    async def health(self) -> tuple[int, dict[str, object]]:
        """Status and content of `sys/health`, whatever state the server is in."""
        answer = await self._transport.request(
            "GET", "/v1/sys/health", what="asking for its health", writes=False, ok=HEALTH_STATUSES
        )
        return answer.status, _mapping(answer.json())

    async def get(self, path: str, what: str) -> dict[str, object] | None:
        """The `data` of an object; None if it is proven not to exist."""
        answer = await self._transport.request(
            "GET", f"/v1/{path}", what=what, writes=False, headers=self._headers, ok=(200, 404)
        )
        if answer.status == 404:
            # A name that a method's own rules forbid cannot exist in it.
            if "unsupported path" not in explain(answer.body):
                self._is_absence(answer)
            return None
        return self._data(answer)

    async def setting(self, path: str, what: str) -> dict[str, object] | None:
        """A part of the server's configuration; None where it is not set (told by 400 or 404)."""
        answer = await self._transport.request(
            "GET", f"/v1/{path}", what=what, writes=False, headers=self._headers, ok=(200, 400, 404)
        )
        return self._data(answer) if answer.status == 200 else None

    async def keys(self, path: str, what: str) -> tuple[str, ...]:
        """All keys of a LIST; empty where the server says so.

        A policy with `pagination_limit` makes the server cut the list without a word, so it is
        asked for what comes after the last key, until nothing new comes. A server that knows no
        paging answers with the same list again, which holds nothing new either.
        """
        found: list[str] = []
        known: set[str] = set()
        while True:
            page = await self._keys(path, what, found[-1] if found else "")
            fresh = [key for key in page if key not in known]
            if not fresh:
                return tuple(found)
            found += fresh
            known.update(fresh)

    async def _keys(self, path: str, what: str, after: str) -> list[str]:
        params = {"list": "true", "after": after} if after else {"list": "true"}
        answer = await self._transport.request(
            "GET",
            f"/v1/{path}",
            what=what,
            writes=False,
            headers=self._headers,
            params=params,
            ok=(200, 404),
        )
        if answer.status == 404:
            self._is_absence(answer)
            return []
        keys = self._data(answer).get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise self._bad(what, "The list has no keys, or keys that are not text.")
        if len(set(keys)) != len(keys):
            raise self._bad(what, "The list names the same key twice.")
        return keys

    async def listed(self, path: str, what: str) -> dict[str, object] | None:
        """The whole `data` of a LIST that carries details (`key_info`); None where the server does
        not have that path or method (Vault)."""
        answer = await self._transport.request(
            "GET",
            f"/v1/{path}",
            what=what,
            writes=False,
            headers=self._headers,
            params={"list": "true"},
            ok=(200, 404, 405),
        )
        return self._data(answer) if answer.status == 200 else None

    async def ask(
        self, path: str, body: Mapping[str, object], what: str
    ) -> tuple[int, dict[str, object], str]:
        """A read that the API makes with POST: status, `data`, and the server's sentence. 200, 400,
        403 and 404 come back; anything else raises."""
        answer = await self._transport.request(
            "POST",
            f"/v1/{path}",
            what=what,
            writes=False,
            headers=self._headers,
            json=dict(body),
            ok=(200, 400, 403, 404),
        )
        data = self._data(answer) if answer.status == 200 else {}
        return answer.status, data, explain(answer.body)

    async def write(
        self, path: str, body: Mapping[str, object], what: str, operation_id: str
    ) -> tuple[str, tuple[str, ...]]:
        """One write, sent once: request id (empty for a 204) and the server's warnings.

        A 400 says that the target is not as assumed: it raises `Conflict` with the server's
        sentence, or `Gone` for an unknown id.
        """
        answer = await self._transport.request(
            "POST",
            f"/v1/{path}",
            what=what,
            writes=True,
            json=dict(body),
            headers={**self._headers, OPERATION_HEADER: operation_id},
            ok=(200, 204, 400),
        )
        if answer.status == 400:
            said = explain(answer.body)
            if "not found" in said or "invalid group ID" in said or "invalid accessor" in said:
                raise Gone(
                    self.source, what, f'It answered 400 ("{safe(said, 120)}").', "Refresh to see."
                )
            raise Conflict(
                self.source,
                what,
                f'It answered 400 ("{safe(said, 200)}"): it does not take this change, and nothing'
                " was done.",
                "Refresh and plan again.",
            )
        if answer.status == 204 or not answer.body:
            return answer.request_id, ()
        content = _mapping(answer.json())
        request_id, warnings = content.get("request_id"), content.get("warnings")
        return (
            request_id if isinstance(request_id, str) else "",
            tuple(str(warning) for warning in warnings) if isinstance(warnings, list) else (),
        )

    async def configure(self, path: str, body: Mapping[str, object], what: str) -> None:
        """A write to the server's configuration, which belongs to no operation. Where the server
        has no such setting here (in a namespace), it raises `NotAllowed` as for a missing right."""
        answer = await self._transport.request(
            "PUT",
            f"/v1/{path}",
            what=what,
            writes=True,
            headers=self._headers,
            json=dict(body),
            ok=(200, 204, 400),
        )
        if answer.status == 400:
            raise NotAllowed(
                self.source,
                what,
                f'It answered 400 ("{safe(explain(answer.body), 120)}").',
                "Let an administrator of the root namespace make this setting.",
            )

    def _is_absence(self, answer: Answer) -> None:
        """A 404 proves absence only where the server looked and said nothing more."""
        said = explain(answer.body)
        if said:
            raise Conflict(
                self.source,
                answer.what,
                f'It answered 404 ("{safe(said, 160)}"), which is not "empty".',
                "Check the namespace in keyturn.yaml and refresh.",
            )

    def _data(self, answer: Answer) -> dict[str, object]:
        data = _mapping(answer.json()).get("data")
        if not isinstance(data, dict):
            raise self._bad(answer.what, "The answer has no data.")
        return data

    def _bad(self, what: str, why: str) -> BadAnswer:
        return BadAnswer(
            self.source, what, why, "Check that the url leads to an OpenBao or Vault server."
        )


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _errors(body: bytes) -> tuple[str, ...]:
    try:
        errors = _mapping(json.loads(body)).get("errors")
    except (ValueError, RecursionError):
        return ()
    return tuple(str(error) for error in errors) if isinstance(errors, list) else ()
