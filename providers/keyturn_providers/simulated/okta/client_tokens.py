"""Refresh tokens that OAuth clients hold of users: listed, revoked, ended with the sessions."""

import json
import sqlite3

from keyturn_providers.simulated.okta import paging, user_records
from keyturn_providers.simulated.okta.behaviour import TOKENS_STAY
from keyturn_providers.simulated.okta.events import cause_of, emit
from keyturn_providers.simulated.okta.moments import moment
from keyturn_providers.simulated.okta.web import NO_CONTENT, Answer, Call, document
from keyturn_providers.simulated.wire.state import setting

_LIVES_S = 30 * 86_400
_SCOPES = ["offline_access", "openid"]


def clients(call: Call) -> Answer:
    """`GET /api/v1/users/{id}/clients`: the OAuth clients that hold tokens of the user."""
    user = user_records.find(call.connection, call.parts["user"])
    rows = call.connection.execute(
        "SELECT DISTINCT client, coalesce(label, client) FROM session"
        " LEFT JOIN app ON app.id = client WHERE user = ? AND kind = 'TOKEN' ORDER BY client",
        (user.no,),
    )
    of_user = f"{call.base}/api/v1/users/{user.id}"
    return document(
        [
            {
                "client_id": client,
                "client_name": name,
                "client_uri": None,
                "logo_uri": None,
                "_links": {
                    "grants": {"href": f"{of_user}/clients/{client}/grants"},
                    "tokens": {"href": f"{of_user}/clients/{client}/tokens"},
                },
            }
            for client, name in rows
        ]
    )


def listed(call: Call) -> Answer:
    """`GET /api/v1/users/{id}/clients/{client}/tokens`. Of a client that holds none, or is none,
    the list is empty."""
    user = user_records.find(call.connection, call.parts["user"])
    client = call.parts["client"]
    limit = paging.limit_of(call, 20, 200)
    (after,) = paging.after_of(call, "tokens") or [""]
    rows = call.connection.execute(
        "SELECT id, created FROM session WHERE user = ? AND kind = 'TOKEN' AND client = ?"
        " AND id > ? ORDER BY id LIMIT ?",
        (user.no, client, after, limit + 1),
    ).fetchall()

    def text(row: tuple[str, str]) -> str:
        number, created = row
        of_user = f"{call.base}/api/v1/users/{user.id}"
        return json.dumps(
            {
                "id": number,
                "status": "ACTIVE",
                "created": created,
                "lastUpdated": created,
                "expiresAt": moment(call.now + _LIVES_S),
                "issuer": call.base,
                "clientId": client,
                "userId": user.id,
                "scopes": _SCOPES,
                "_links": {
                    "self": {"href": f"{of_user}/clients/{client}/tokens/{number}"},
                    "user": {"href": of_user},
                },
            }
        )

    return paging.page(call, "tokens", rows, limit, lambda row: [row[0]], text)


def revoke(call: Call) -> Answer:
    """`DELETE /api/v1/users/{id}/clients/{client}/tokens`."""
    user = user_records.find(call.connection, call.parts["user"])
    call.connection.execute(
        "DELETE FROM session WHERE user = ? AND client = ?", (user.no, call.parts["client"])
    )
    emit(call.connection, cause_of(call), "app.oauth2.token.revoke.implicit.user", user.target())
    return NO_CONTENT


def end(connection: sqlite3.Connection, user_no: int) -> None:
    """Ends all refresh tokens of a user, but those of clients whose tokens stay."""
    connection.execute(
        "DELETE FROM session WHERE user = ? AND kind = 'TOKEN' AND NOT client GLOB ?",
        (user_no, setting(connection, TOKENS_STAY) or ""),
    )


def end_all(connection: sqlite3.Connection, user_no: int) -> None:
    """Ends sessions and refresh tokens of a user, but tokens that stay."""
    connection.execute("DELETE FROM session WHERE user = ? AND kind = 'SESSION'", (user_no,))
    end(connection, user_no)
