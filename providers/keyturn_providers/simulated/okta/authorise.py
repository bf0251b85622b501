"""Who asks, and whether they may: API tokens (SSWS) and access tokens (Bearer, DPoP)."""

import sqlite3
from collections.abc import Mapping

from keyturn_providers.simulated.okta import dpop
from keyturn_providers.simulated.okta.moments import fingerprint, moment
from keyturn_providers.simulated.okta.web import Call, Principal, Refused, forbidden

_READERS = frozenset({"READ_ONLY_ADMIN", "REPORT_ADMIN"})
_RENEWED_EVERY_S = 60.0


class BadProof(Refused):
    """A DPoP proof that is missing or wrong at the API."""

    def __init__(self, why: str) -> None:
        super().__init__(401, "E0000011", "Invalid token provided")
        self.why = why


def tag(connection: sqlite3.Connection, headers: Mapping[str, str]) -> str:
    """Whose requests these are, for counting: the id of the token or client, "" if unknown."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme == "SSWS":
        sql = "SELECT id FROM api_token WHERE fingerprint = ?"
    elif scheme in ("Bearer", "DPoP"):
        sql = "SELECT client FROM access_token WHERE fingerprint = ?"
    else:
        return ""
    row = connection.execute(sql, (fingerprint(secret.strip()),)).fetchone()
    return "" if row is None else str(row[0])


def principal(call: Call) -> Principal:
    """Who asks. Raises `Refused` for a token that is wrong, expired or whose owner is off."""
    scheme, _, secret = call.headers.get("authorization", "").partition(" ")
    if not secret:
        raise Refused(403, "E0000005", "Invalid session")
    found = (
        _by_api_token(call, secret.strip())
        if scheme == "SSWS"
        else _by_access_token(call, scheme, secret.strip())
    )
    if found is None:
        raise Refused(401, "E0000011", "Invalid token provided")
    return found


def check(who: Principal, scopes: tuple[str, ...], *, writes: bool) -> None:
    """Raises `Refused` unless all scopes and a role that suffices are there: neither is enough
    alone."""
    if who.scopes is not None and not who.scopes.issuperset(scopes):
        raise forbidden()
    if not who.roles or (writes and who.roles <= _READERS):
        raise forbidden()


def _by_api_token(call: Call, secret: str) -> Principal | None:
    row = call.connection.execute(
        "SELECT t.id, t.last_updated, u.id, u.login, u.status FROM api_token t"
        " JOIN user u ON u.id = t.user_id WHERE t.fingerprint = ? AND t.expires > ?",
        (fingerprint(secret), call.at),
    ).fetchone()
    if row is None or row[4] == "DEPROVISIONED":
        return None
    token_id, used, owner, login, _ = row
    if used < moment(call.now - _RENEWED_EVERY_S):
        call.connection.execute(
            "UPDATE api_token SET last_updated = ?, expires = ? WHERE id = ?",
            (call.at, moment(call.now + 30 * 86_400), token_id),
        )
    return Principal("User", owner, login, _roles(call.connection, owner), None, token_id)


def _by_access_token(call: Call, scheme: str, secret: str) -> Principal | None:
    row = call.connection.execute(
        "SELECT a.client, c.name, a.scopes, a.thumbprint FROM access_token a"
        " JOIN client c ON c.id = a.client WHERE a.fingerprint = ? AND a.expires > ?",
        (fingerprint(secret), call.now),
    ).fetchone()
    if row is None:
        return None
    client, name, scopes, thumbprint = row
    if thumbprint is not None:
        if scheme != "DPoP":
            raise BadProof("The token is bound to a key: the DPoP scheme is required.")
        try:
            shown = dpop.checked(call, access_token=secret)
        except dpop.Wrong as error:
            raise BadProof(str(error)) from None
        if shown.thumbprint != thumbprint:
            raise BadProof("The proof was made with another key than the token is bound to.")
    elif scheme != "Bearer":
        return None
    return Principal(
        "PublicClientApp",
        client,
        name,
        _roles(call.connection, client),
        frozenset(str(scopes).split()),
    )


def _roles(connection: sqlite3.Connection, holder: str) -> frozenset[str]:
    rows = connection.execute("SELECT type FROM role WHERE holder = ?", (holder,))
    return frozenset(row[0] for row in rows)
