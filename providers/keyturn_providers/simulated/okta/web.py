"""One request to the org and its answer, and how Okta refuses."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from keyturn_providers.simulated.okta.moments import moment, new_id

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `scopes` None: an API token, whose rights are its owner's roles alone."""

    kind: str
    id: str
    name: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    token_id: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a handler sees it. `base` is the origin the client called."""

    connection: sqlite3.Connection
    method: str
    path: str
    base: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    now: float
    principal: Principal = field(default_factory=lambda: Principal("", "", ""))
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def at(self) -> str:
        """Now, in Okta's spelling."""
        return moment(self.now)

    def json(self) -> Document:
        """The body. Raises `Refused` where it is not a JSON object."""
        try:
            read = json.loads(self.body)
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise Refused(400, "E0000003", "The request body was not well-formed.")
        return read


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `text` is JSON, "" for no body."""

    status: int = 200
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """An answer with one of Okta's error bodies."""

    def __init__(self, status: int, code: str, summary: str, *causes: str) -> None:
        self.status = status
        self.code = code
        self.summary = summary
        self.causes = causes
        super().__init__(summary)

    def answer(self) -> Answer:
        """The error as an answer, with all five fields."""
        return Answer(self.status, error_text(self.code, self.summary, *self.causes))


def error_text(code: str, summary: str, *causes: str) -> str:
    """Okta's error body."""
    return json.dumps(
        {
            "errorCode": code,
            "errorSummary": summary,
            "errorLink": code,
            "errorId": new_id("oae"),
            "errorCauses": [{"errorSummary": cause} for cause in causes],
        }
    )


def document(body: object, status: int = 200, **headers: str) -> Answer:
    """An answer with a JSON body."""
    return Answer(
        status, json.dumps(body), tuple((k.replace("_", "-"), v) for k, v in headers.items())
    )


NOT_NOW = "This operation is not allowed in the user's current status."
NO_CONTENT = Answer(204)
EMPTY_OBJECT = Answer(200, "{}")


def not_found(what: str, kind: str) -> Refused:
    """There is no such object."""
    return Refused(404, "E0000007", f"Not found: Resource not found: {what} ({kind})")


def invalid(field_name: str, cause: str) -> Refused:
    """The request does not fit the object or its state."""
    return Refused(400, "E0000001", f"Api validation failed: {field_name}", cause)


def forbidden() -> Refused:
    """The principal may not."""
    return Refused(403, "E0000006", "You do not have permission to perform the requested action")
