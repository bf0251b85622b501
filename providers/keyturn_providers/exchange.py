"""What goes to a server and what comes back, as values. Knows nothing of the HTTP library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlencode

from pydantic import SecretStr

from keyturn_providers.errors import BadAnswer, NotAuthenticated
from keyturn_providers.text import safe

_REQUEST_ID_HEADERS = ("x-request-id", "x-okta-request-id", "request-id", "x-correlation-id")


@dataclass(frozen=True, slots=True)
class AuthHeader:
    """The header that carries the credential, and what stands before it."""

    name: str
    prefix: str = ""


BEARER = AuthHeader("Authorization", "Bearer ")


class Signer(Protocol):
    """A credential that is made for each request: a token that runs out, a proof of possession."""

    async def sign(self, method: str, url: str) -> Mapping[str, SecretStr]:
        """The headers for this request (`url` without its query); raises `ProviderError` only."""
        ...

    def refused(self) -> None:
        """The server did not take the last ones: what they were made from must be another."""
        ...


class RenewedCredential(Protocol):
    """A credential that is fetched, runs out, and is fetched again, such as an OAuth token."""

    async def current(self) -> SecretStr:
        """One that is good now; asked before every request. Raises `ProviderError`."""
        ...

    def refused(self) -> None:
        """The server did not take the last one: the next must be another."""
        ...


@dataclass(frozen=True, slots=True)
class Retries:
    """How reads are sent again: at most `attempts` times in all, with growing waits. A pause that
    the server asks for is obeyed up to `longest_pause_s`; beyond it the read fails at once. A rate
    limit may refuse `refusals` times more: others may use up one window after another."""

    attempts: int = 4
    refusals: int = 12
    first_wait_s: float = 0.5
    longest_wait_s: float = 8.0
    longest_pause_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `whole` bounds one request from turn to last byte, against a server that drips."""

    connect: float = 10.0
    read: float = 30.0
    whole: float = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a wanted status. Header names are in lower case. `repr` shows no content."""

    status: int
    request_id: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    source: str = ""
    what: str = ""

    def json(self) -> object:
        """The body as JSON; raises `BadAnswer` where it is not (an HTML page, a cut document)."""
        try:
            value: object = json.loads(self.body)
        except (ValueError, RecursionError):
            value = _NOT_JSON
        if value is _NOT_JSON:
            kind = safe(self.headers.get("content-type", "no content type"), 60)
            raise BadAnswer(
                self.source,
                self.what,
                f"It answered {self.status} with something that is not JSON ({kind},"
                f" {len(self.body)} bytes).",
                "Check that the url is that of the API and that no sign-in page or proxy stands in"
                " between.",
            )
        return value


_NOT_JSON = object()


@dataclass(frozen=True, slots=True)
class Call:
    """A request before it is sent. `repr` shows neither query, content nor headers."""

    method: str
    url: str
    what: str
    writes: bool
    params: Mapping[str, str | int] | None = field(repr=False)
    content: bytes | None = field(repr=False)
    headers: Mapping[str, str] | None = field(repr=False)
    ok: tuple[int, ...]
    limit_class: str

    def to(self, url: str) -> "Call":
        """The same call, where a redirect leads; its query is the redirect's."""
        return replace(self, url=url, params=None)


def content_of(json_value: object, form: Mapping[str, str | SecretStr] | None) -> bytes | None:
    """The body of a request: JSON, or a form whose secrets are bare nowhere before."""
    if form is None:
        return None if json_value is None else json.dumps(json_value).encode()
    bare = {k: v.get_secret_value() if isinstance(v, SecretStr) else v for k, v in form.items()}
    return urlencode(bare).encode()


def request_id_in(headers: Mapping[str, str]) -> str:
    """The id by which the server knows this request, made safe; "" without one."""
    return safe(next((headers[h] for h in _REQUEST_ID_HEADERS if h in headers), ""), 128)


def usable_token(source: str, what: str, secret: SecretStr) -> SecretStr:
    """The credential without white space around it, if a header can carry it.

    Raises `NotAuthenticated` for an empty one and for characters that no header can carry (the
    HTTP library would repeat the token in its complaint).
    """
    why = _unusable(secret)
    if why:
        raise NotAuthenticated(
            source,
            what,
            why,
            "Set it in the environment variable named by token_env, or fix token_command; without"
            " quotes around it or anything after it.",
        )
    return SecretStr(secret.get_secret_value().strip())


def _unusable(secret: SecretStr) -> str:
    # Apart from where it is raised, so that no frame of the traceback holds the bare token.
    text = secret.get_secret_value().strip()
    if not text:
        return "There is no token."
    if not all("!" <= char <= "~" for char in text):
        return "The token holds spaces, line breaks or characters that no header can carry."
    return ""
