"""What Okta sends to a SCIM target, in Okta's words. It never deletes a user there."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from keyturn_providers.simulated.okta.user_records import User
from keyturn_providers.simulated.okta.web import Document

_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_TIMEOUT_S = 30.0


class Failed(Exception):
    """The target did not do it. `status` 0: it did not answer."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A SCIM target on loopback: `url` is its base, as `http://127.0.0.1:3002/scim`."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Bridge({self.url!r})"

    def find(self, login: str) -> str | None:
        """The id of the user with this userName."""
        wanted = quote(f'userName eq "{login}"')
        told = self._send("GET", f"/Users?filter={wanted}&startIndex=1&count=100")
        found = told.get("Resources")
        if not isinstance(found, list):
            raise Failed(200, "The target's answer is no list.")
        for user in found:
            if isinstance(user, dict) and str(user.get("userName")).lower() == login.lower():
                return str(user.get("id"))
        return None

    def create(self, user: User) -> str:
        """Creates the user and gives the target's id."""
        told = self._send("POST", "/Users", _resource(user))
        if not told.get("id"):
            raise Failed(200, "The target's answer has no id.")
        return str(told["id"])

    def set_active(self, external: str, active: bool) -> None:
        """Activates or deactivates, without a path, as Okta's catalogue apps do."""
        self._send("PATCH", f"/Users/{quote(external)}", _patch({"active": active}))

    def replace(self, external: str, user: User) -> None:
        """Sends the whole profile."""
        self._send("PUT", f"/Users/{quote(external)}", _resource(user) | {"id": external})

    def change_member(self, group: str, name: str, external: str, *, add: bool) -> None:
        """Adds or removes one member; the group's name rides along."""
        change: Document = (
            {"op": "add", "path": "members", "value": [{"value": external}]}
            if add
            else {"op": "remove", "path": f'members[value eq "{external}"]'}
        )
        rename: Document = {"op": "replace", "value": {"id": group, "displayName": name}}
        body: Document = {"schemas": [_PATCH], "Operations": [rename, change]}
        self._send("PATCH", f"/Groups/{quote(group)}", body)

    def _send(self, method: str, path: str, body: Document | None = None) -> Document:
        if urlsplit(self.url).hostname not in ("127.0.0.1", "::1", "localhost"):
            raise Failed(0, "A simulated org pushes to loopback only.")
        request = urllib.request.Request(  # noqa: S310 - loopback, checked above
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/scim+json",
                "Accept": "application/scim+json",
                "User-Agent": "Okta SCIM Client 1.0.0",
            },
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as answer:
                text = answer.read()
            told = json.loads(text) if text else {}
        except urllib.error.HTTPError as error:
            with error:
                why = error.read(500).decode(errors="replace")
            raise Failed(error.code, f"{error.code} {error.reason}. {why}".strip()) from None
        except (OSError, ValueError) as error:
            raise Failed(0, f"No usable answer ({type(error).__name__}).") from None
        if not isinstance(told, dict):
            raise Failed(200, "The target's answer is no object.")
        return told


def _patch(value: Document) -> Document:
    return {"schemas": [_PATCH], "Operations": [{"op": "replace", "value": value}]}


def _resource(user: User) -> Document:
    fields = user.fields
    return {
        "schemas": [_USER],
        "userName": user.login,
        "name": {"givenName": fields.get("firstName"), "familyName": fields.get("lastName")},
        "displayName": user.name,
        "emails": [{"primary": True, "value": fields.get("email"), "type": "work"}],
        "externalId": user.id,
        "active": True,
    }
