"""What a user is signed in with and by: sessions, consents, factors."""

from keyturn_providers.simulated.okta import client_tokens, user_records
from keyturn_providers.simulated.okta.events import cause_of, emit
from keyturn_providers.simulated.okta.user_records import User
from keyturn_providers.simulated.okta.web import (
    EMPTY_OBJECT,
    NO_CONTENT,
    NOT_NOW,
    Answer,
    Call,
    Refused,
    document,
    invalid,
)


def end_sessions(call: Call) -> Answer:
    """`DELETE /api/v1/users/{id}/sessions`; `oauthTokens=true` also ends OAuth clients' tokens."""
    user = user_records.find(call.connection, call.parts["user"])
    call.connection.execute("DELETE FROM session WHERE user = ? AND kind = 'SESSION'", (user.no,))
    if call.query.get("oauthTokens") == "true":
        client_tokens.end(call.connection, user.no)
    emit(call.connection, cause_of(call), "user.session.clear", user.target())
    return NO_CONTENT


def revoke_consents(call: Call) -> Answer:
    """`DELETE /api/v1/users/{id}/grants`."""
    user = user_records.find(call.connection, call.parts["user"])
    call.connection.execute("DELETE FROM consent WHERE user = ?", (user.no,))
    emit(call.connection, cause_of(call), "app.oauth2.consent.revoke.user", user.target())
    return NO_CONTENT


def universal_logout(call: Call) -> Answer:
    """`POST /oauth2/v1/global-token-revocation`."""
    subject = call.json().get("sub_id")
    told = subject if isinstance(subject, dict) else {}
    key = told.get("id") if told.get("format") == "opaque" else told.get("sub")
    if not isinstance(key, str) or told.get("format") not in ("opaque", "iss_sub"):
        raise invalid("sub_id", "sub_id: it names no subject")
    user = user_records.find(call.connection, key)
    client_tokens.end_all(call.connection, user.no)
    emit(call.connection, cause_of(call), "user.authentication.universal_logout", user.target())
    return NO_CONTENT


def reset_factors(call: Call) -> Answer:
    """Removes all factors; not possible on a deactivated user."""
    user = _with_factors(call)
    call.connection.execute("DELETE FROM factor WHERE user = ?", (user.no,))
    emit(call.connection, cause_of(call), "user.mfa.factor.reset_all", user.target())
    return EMPTY_OBJECT


def remove_factor(call: Call) -> Answer:
    """Removes one factor; not possible on a deactivated user."""
    user = _with_factors(call)
    gone = call.connection.execute(
        "DELETE FROM factor WHERE user = ? AND id = ?", (user.no, call.parts["factor"])
    ).rowcount
    if not gone:
        raise Refused(
            404, "E0000007", f"Not found: Resource not found: {call.parts['factor']} (UserFactor)"
        )
    emit(call.connection, cause_of(call), "user.mfa.factor.deactivate", user.target())
    return NO_CONTENT


def _with_factors(call: Call) -> User:
    user = user_records.find(call.connection, call.parts["user"])
    if user.status == "DEPROVISIONED":
        raise Refused(403, "E0000038", NOT_NOW)
    return user


def consents(call: Call) -> Answer:
    """`GET /api/v1/users/{id}/grants`."""
    user = user_records.find(call.connection, call.parts["user"])
    rows = call.connection.execute(
        "SELECT id, client, scope, created FROM consent WHERE user = ? ORDER BY id", (user.no,)
    )
    return document(
        [
            {
                "id": number,
                "status": "ACTIVE",
                "created": created,
                "lastUpdated": created,
                "issuer": call.base,
                "clientId": client,
                "userId": user.id,
                "scopeId": scope,
                "source": "END_USER",
            }
            for number, client, scope, created in rows
        ]
    )


def factors(call: Call) -> Answer:
    """`GET /api/v1/users/{id}/factors`."""
    user = user_records.find(call.connection, call.parts["user"])
    rows = call.connection.execute(
        "SELECT id, type, provider, status, created FROM factor WHERE user = ? ORDER BY id",
        (user.no,),
    )
    return document(
        [
            {
                "id": number,
                "factorType": kind,
                "provider": provider,
                "vendorName": provider,
                "status": status,
                "created": created,
                "lastUpdated": created,
            }
            for number, kind, provider, status, created in rows
        ]
    )
