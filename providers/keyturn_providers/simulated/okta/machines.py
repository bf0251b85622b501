"""What is not a person: API tokens, OAuth clients and what was granted to them, admin roles."""

import json

from keyturn_providers.simulated.okta import paging, users
from keyturn_providers.simulated.okta.events import Target, cause_of, emit
from keyturn_providers.simulated.okta.web import (
    NO_CONTENT,
    Answer,
    Call,
    Document,
    Refused,
    document,
    not_found,
)

_TOKEN = "id, name, user_id, created, last_updated, expires"  # noqa: S105 - names of columns
_CLIENT = "id, name, jwks, created"
# Apps that people sign in to by OpenID Connect are clients too; they have no keys of their own.
_CLIENTS = f"""(SELECT {_CLIENT} FROM client UNION ALL SELECT id, label, '', created FROM app
  WHERE sign_on_mode = 'OPENID_CONNECT' AND id NOT IN (SELECT id FROM client))"""  # noqa: S608 - constants


def api_tokens(call: Call) -> Answer:
    """`GET /api/v1/api-tokens`."""
    rows = call.connection.execute(f"SELECT {_TOKEN} FROM api_token ORDER BY id")  # noqa: S608 - a constant
    return document([_token(call, *row) for row in rows])


def api_token(call: Call) -> Answer:
    """`GET /api/v1/api-tokens/{id}`."""
    row = call.connection.execute(
        f"SELECT {_TOKEN} FROM api_token WHERE id = ?",  # noqa: S608 - a constant
        (call.parts["token"],),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["token"], "ApiToken")
    return document(_token(call, *row))


def revoke_api_token(call: Call) -> Answer:
    """`DELETE /api/v1/api-tokens/{id}`."""
    row = call.connection.execute(
        "DELETE FROM api_token WHERE id = ? RETURNING name", (call.parts["token"],)
    ).fetchone()
    if row is None:
        raise not_found(call.parts["token"], "ApiToken")
    emit(
        call.connection,
        cause_of(call),
        "system.api_token.revoke",
        Target("Token", call.parts["token"], row[0], row[0]),
    )
    return NO_CONTENT


def clients(call: Call) -> Answer:
    """`GET /oauth2/v1/clients`."""
    limit = paging.limit_of(call, 50, 200)
    (after,) = paging.after_of(call, "clients") or [""]
    rows = call.connection.execute(
        f"SELECT {_CLIENT} FROM {_CLIENTS} WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 - a constant
        (after, limit + 1),
    ).fetchall()
    return paging.page(
        call, "clients", rows, limit, lambda row: [row[0]], lambda row: json.dumps(_client(*row))
    )


def client(call: Call) -> Answer:
    """`GET /oauth2/v1/clients/{id}`."""
    return document(_client(*_find(call)))


def client_roles(call: Call) -> Answer:
    """`GET /oauth2/v1/clients/{id}/roles`."""
    return document(users.roles_of(call, "CLIENT", _find(call)[0]))


def group_roles(call: Call) -> Answer:
    """`GET /api/v1/groups/{id}/roles`."""
    return document(users.roles_of(call, "GROUP", call.parts["group"]))


def grants(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/grants`: the scopes granted to a service app."""
    client_id = call.parts["app"]
    rows = call.connection.execute(
        "SELECT id, scope, created, created_by FROM client_scope WHERE client = ? ORDER BY scope",
        (client_id,),
    )
    return document(
        [
            {
                "id": number,
                "status": "ACTIVE",
                "created": created,
                "createdBy": {"id": by, "type": "User"},
                "lastUpdated": created,
                "issuer": call.base,
                "clientId": client_id,
                "scopeId": scope,
                "source": "ADMIN",
            }
            for number, scope, created, by in rows
        ]
    )


def keys(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/credentials/jwks`: the public keys of a service app."""
    row = call.connection.execute(
        "SELECT jwks, created FROM client WHERE id = ?", (call.parts["app"],)
    ).fetchone()
    if row is None:
        raise not_found(call.parts["app"], "AppInstance")
    known: list[Document] = json.loads(row[0])
    return document(
        [
            key
            | {
                "id": f"pks{place:017}",
                "status": "ACTIVE",
                "created": row[1],
                "lastUpdated": row[1],
                "use": "sig",
            }
            for place, key in enumerate(known)
        ]
    )


def assignees(call: Call) -> Answer:
    """`GET /api/v1/iam/assignees/users`: who holds a role directly, in a wrapper object."""
    limit = paging.limit_of(call, 100, 100)
    (after,) = paging.after_of(call, "assignees") or [""]
    rows = call.connection.execute(
        "SELECT DISTINCT holder FROM role WHERE holder_kind = 'USER' AND holder > ?"
        " ORDER BY holder LIMIT ?",
        (after, limit + 1),
    ).fetchall()
    more = len(rows) > limit
    shown: Document = {
        "value": [
            {
                "id": holder,
                "orn": f"orn:okta:directory:{_org(call)}:users:{holder}",
                "_links": {
                    "self": {"href": f"{call.base}/api/v1/users/{holder}"},
                    "roles": {"href": f"{call.base}/api/v1/users/{holder}/roles"},
                },
            }
            for (holder,) in rows[:limit]
        ]
    }
    links = paging.links(call, "assignees", [rows[limit - 1][0]] if more else None)
    if more:
        href = links[1][1].partition("<")[2].partition(">")[0]
        shown["_links"] = {"next": {"href": href}}
    return Answer(200, json.dumps(shown), links)


def organisation(call: Call) -> Answer:
    """`GET /api/v1/org`."""
    number, subdomain, company, created = call.connection.execute(
        "SELECT id, subdomain, company, created FROM org"
    ).fetchone()
    return document(
        {
            "id": number,
            "subdomain": subdomain,
            "companyName": company,
            "status": "ACTIVE",
            "created": created,
            "lastUpdated": created,
        }
    )


def principal_rate_limits(call: Call) -> Answer:
    """`GET /api/v1/principal-rate-limits`: each token and client may use half of a bucket."""
    tokens = [
        ("SSWS_TOKEN", row[0], row[1])
        for row in call.connection.execute("SELECT id, created FROM api_token ORDER BY id")
    ]
    oauth = [
        ("OAUTH_CLIENT", row[0], row[1])
        for row in call.connection.execute("SELECT id, created FROM client ORDER BY id")
    ]
    wanted = call.query.get("filter", "")
    return document(
        [
            {
                "id": f"prl{number[3:]}",
                "orgId": _org(call),
                "principalId": number,
                "principalType": kind,
                "defaultPercentage": 50,
                "defaultConcurrencyPercentage": 75,
                "createdBy": "system",
                "createdDate": created,
                "lastUpdate": created,
                "lastUpdatedBy": "system",
            }
            for kind, number, created in tokens + oauth
            if not wanted or kind in wanted
        ]
    )


def api_services(_: Call) -> Answer:
    """`GET /integrations/api/v1/api-services`: this org has none."""
    return document([])


def not_bought(_: Call) -> Answer:
    """What belongs to a product that this org does not have: a 401 that is not the token's."""
    raise Refused(
        401, "E0000015", "You do not have permission to access the feature you are requesting"
    )


def _org(call: Call) -> str:
    return str(call.connection.execute("SELECT id FROM org").fetchone()[0])


def _find(call: Call) -> tuple[str, ...]:
    row: tuple[str, ...] | None = call.connection.execute(
        f"SELECT {_CLIENT} FROM client WHERE id = ?",  # noqa: S608 - a constant
        (call.parts["client"],),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["client"], "OAuth2Client")
    return row


def _client(*row: str) -> Document:
    number, name, jwks, _ = row
    if not jwks:
        return {
            "client_id": number,
            "client_name": name,
            "application_type": "native",
            "client_id_issued_at": 1700000000,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "redirect_uris": [],
            "token_endpoint_auth_method": "none",
        }
    return {
        "client_id": number,
        "client_name": name,
        "application_type": "service",
        "client_id_issued_at": 1700000000,
        "grant_types": ["client_credentials"],
        "response_types": ["token"],
        "redirect_uris": [],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": json.loads(jwks)},
    }


def _token(call: Call, *row: str) -> Document:
    number, name, owner, created, updated, expires = row
    return {
        "id": number,
        "name": name,
        "userId": owner,
        "clientName": "Okta API",
        "created": created,
        "lastUpdated": updated,
        "expiresAt": expires,
        # Null in recorded answers although the specification says otherwise.
        "tokenWindow": None,
        "network": {"connection": "ANYWHERE"},
        "_links": {"self": {"href": f"{call.base}/api/v1/api-tokens/{number}"}},
    }
