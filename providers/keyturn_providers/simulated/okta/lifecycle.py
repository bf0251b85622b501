"""A user's life: created, changed, suspended, deactivated, activated, deleted."""

import json
import sqlite3

from keyturn_providers.simulated.okta import client_tokens, provisioning, rules, user_records
from keyturn_providers.simulated.okta.behaviour import (
    ASYNC_ALWAYS,
    ASYNC_POLLS,
    DEACTIVATE_STATUS,
)
from keyturn_providers.simulated.okta.events import Cause, Target, cause_of, emit
from keyturn_providers.simulated.okta.moments import moment, new_id
from keyturn_providers.simulated.okta.user_records import User
from keyturn_providers.simulated.okta.web import (
    EMPTY_OBJECT,
    NO_CONTENT,
    NOT_NOW,
    Answer,
    Call,
    Document,
    Principal,
    Refused,
    document,
    invalid,
)
from keyturn_providers.simulated.wire.state import setting, writing


def create(call: Call) -> Answer:
    """`POST /api/v1/users`: STAGED with `activate=false`, else PROVISIONED, or ACTIVE where a
    password is given."""
    body = call.json()
    profile = _profile(body)
    login = profile.get("login")
    if not isinstance(login, str) or not profile.get("email"):
        raise invalid("login", "login: The field cannot be left blank")
    if _taken(call.connection, login):
        raise invalid(
            "login", "login: An object with this field already exists in the current organization"
        )
    activated = call.query.get("activate", "true") != "false"
    password = bool(body.get("credentials"))
    status = ("ACTIVE" if password else "PROVISIONED") if activated else "STAGED"
    number = call.connection.execute(
        "INSERT INTO user (id, login, status, created, activated, status_changed, last_updated,"
        " profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING no",
        (
            new_id("00u"),
            login,
            status,
            call.at,
            call.at if activated else None,
            call.at,
            call.at,
            json.dumps(profile),
        ),
    ).fetchone()[0]
    user_records.hide_from_search(call.connection, number, call.now)
    call.connection.execute(
        "INSERT INTO member SELECT no, ?, 'RULE' FROM grp WHERE type = 'BUILT_IN'", (number,)
    )
    user = user_records.by_no(call.connection, number)
    emit(call.connection, cause_of(call), "user.lifecycle.create", user.target())
    if activated:
        emit(call.connection, cause_of(call), "user.lifecycle.activate", user.target())
    rules.evaluate(call.connection, cause_of(call), user)
    return Answer(200, user_records.text(user, call.base))


def update(call: Call) -> Answer:
    """`POST /api/v1/users/{id}` (part of the profile) and `PUT` (all of it)."""
    user = user_records.find(call.connection, call.parts["user"])
    given = _profile(call.json())
    profile = given if call.method == "PUT" else user.fields | given
    login = str(profile.get("login") or user.login)
    if login.lower() != user.login.lower() and _taken(call.connection, login):
        raise invalid(
            "login", "login: An object with this field already exists in the current organization"
        )
    user_records.keep_for_search(call.connection, user.no, call.now)
    call.connection.execute(
        "UPDATE user SET profile = ?, login = ?, last_updated = ? WHERE no = ?",
        (json.dumps(profile), login, call.at, user.no),
    )
    user = user_records.by_no(call.connection, user.no)
    emit(call.connection, cause_of(call), "user.account.update_profile", user.target())
    provisioning.profile_changed(call.connection, cause_of(call), user)
    if user.status != "DEPROVISIONED":
        rules.evaluate(call.connection, cause_of(call), user)
    return Answer(200, user_records.text(user, call.base))


def suspend(call: Call) -> Answer:
    """Only from ACTIVE. Groups and apps stay, and nothing is sent to any target."""
    return _move(
        call,
        {"ACTIVE"},
        "SUSPENDED",
        "user.lifecycle.suspend",
        "Cannot suspend a user that is not active",
    )


def unsuspend(call: Call) -> Answer:
    """Only from SUSPENDED."""
    return _move(
        call,
        {"SUSPENDED"},
        "ACTIVE",
        "user.lifecycle.unsuspend",
        "Cannot unsuspend a user that is not suspended",
    )


def unlock(call: Call) -> Answer:
    """Only from LOCKED_OUT."""
    return _move(call, {"LOCKED_OUT"}, "ACTIVE", "user.account.unlock", "")


def activate(call: Call) -> Answer:
    """From STAGED or DEPROVISIONED: the user is asked to set a password, and is back in the apps
    that groups give."""
    user = user_records.find(call.connection, call.parts["user"])
    if user.status not in ("STAGED", "DEPROVISIONED"):
        raise Refused(403, "E0000016", "Activation failed because the user is already active")
    _set_status(call.connection, call.now, user, "PROVISIONED")
    emit(call.connection, cause_of(call), "user.lifecycle.activate", user.target())
    provisioning.user_activated(call.connection, cause_of(call), user)
    return _activation(call)


def reactivate(call: Call) -> Answer:
    """Only from PROVISIONED."""
    user = user_records.find(call.connection, call.parts["user"])
    if user.status != "PROVISIONED":
        raise Refused(403, "E0000038", NOT_NOW)
    emit(call.connection, cause_of(call), "user.lifecycle.reactivate", user.target())
    return _activation(call)


def deactivate(call: Call) -> Answer:
    """Not from DEPROVISIONED. With `Prefer: respond-async`, or where the org is switched so, it is
    done some reads later."""
    user = user_records.find(call.connection, call.parts["user"])
    if user.status == "DEPROVISIONED":
        raise invalid("user", "user: The user is already deactivated")
    _deactivate(call, user)
    no_body = setting(call.connection, DEACTIVATE_STATUS) == "204"
    return NO_CONTENT if no_body else EMPTY_OBJECT


def delete(call: Call) -> Answer:
    """The first call only deactivates, the second one deletes for good."""
    user = user_records.find(call.connection, call.parts["user"])
    cause = cause_of(call)
    if user.status != "DEPROVISIONED":
        _deactivate(call, user)
        return NO_CONTENT
    emit(call.connection, cause, "user.lifecycle.delete.initiated", user.target())
    user_records.keep_for_search(call.connection, user.no, call.now)
    for table in ("member", "app_user", "session", "consent", "factor", "transition"):
        call.connection.execute(f"DELETE FROM {table} WHERE user = ?", (user.no,))  # noqa: S608 - fixed names
    call.connection.execute("DELETE FROM role WHERE holder = ?", (user.id,))
    call.connection.execute("DELETE FROM user WHERE no = ?", (user.no,))
    emit(call.connection, cause, "user.lifecycle.delete.completed", user.target())
    return NO_CONTENT


def poll_transition(call: Call, user: User) -> User:
    """One read by id of a user in transition: counts, and after the last one it is done, by a job
    of its own in the name of who asked for it."""
    if user.transitioning_to is None:
        return user
    with writing(call.connection):
        if user.transition_polls > 0:
            call.connection.execute(
                "UPDATE user SET transition_polls = transition_polls - 1 WHERE no = ?", (user.no,)
            )
            return user
        kind, number, name, token = call.connection.execute(
            "DELETE FROM transition WHERE user = ? RETURNING kind, id, name, token", (user.no,)
        ).fetchone()
        asked = Principal(kind, number, name, token_id=token)
        deprovision(call.connection, Cause(call.now, asked, new_id("job"), "JOB"), user)
        return user_records.by_no(call.connection, user.no)


def deprovision(connection: sqlite3.Connection, cause: Cause, user: User) -> None:
    """All that a deactivation does: API tokens of the user die, sessions end, apps are taken away
    and their targets told. Group memberships stay."""
    _set_status(connection, cause.now, user, "DEPROVISIONED")
    emit(connection, cause, "user.lifecycle.deactivate", user.target())
    client_tokens.end_all(connection, user.no)
    for token, name in connection.execute(
        "DELETE FROM api_token WHERE user_id = ? RETURNING id, name", (user.id,)
    ).fetchall():
        emit(
            connection,
            cause,
            "system.api_token.revoke",
            Target("Token", token, name, name),
            user.target(),
        )
    provisioning.user_deactivated(connection, cause, user)


def _deactivate(call: Call, user: User) -> None:
    later = setting(call.connection, ASYNC_ALWAYS) == "1"
    if not later and "respond-async" not in call.headers.get("prefer", ""):
        deprovision(call.connection, cause_of(call), user)
        return
    polls = int(setting(call.connection, ASYNC_POLLS) or 2)
    call.connection.execute(
        "UPDATE user SET transitioning_to = 'DEPROVISIONED', transition_polls = ? WHERE no = ?",
        (polls, user.no),
    )
    who = call.principal
    call.connection.execute(
        "INSERT OR REPLACE INTO transition VALUES (?, ?, ?, ?, ?)",
        (user.no, who.kind, who.id, who.name, who.token_id),
    )


def _move(call: Call, only_from: set[str], to: str, event: str, cause: str) -> Answer:
    user = user_records.find(call.connection, call.parts["user"])
    if user.status not in only_from:
        if not cause:
            raise Refused(403, "E0000038", NOT_NOW)
        raise invalid("user", f"user: {cause}")
    _set_status(call.connection, call.now, user, to)
    emit(call.connection, cause_of(call), event, user.target())
    return EMPTY_OBJECT


def _set_status(connection: sqlite3.Connection, now: float, user: User, status: str) -> None:
    user_records.keep_for_search(connection, user.no, now)
    connection.execute(
        "UPDATE user SET status = ?, status_changed = ?, last_updated = ?,"
        " transitioning_to = NULL, transition_polls = 0 WHERE no = ?",
        (status, moment(now), moment(now), user.no),
    )


def _activation(call: Call) -> Answer:
    if call.query.get("sendEmail") != "false":
        return EMPTY_OBJECT
    token = new_id("")
    return document({"activationUrl": f"{call.base}/welcome/{token}", "activationToken": token})


def _profile(body: Document) -> Document:
    profile = body.get("profile")
    return dict(profile) if isinstance(profile, dict) else {}


def _taken(connection: sqlite3.Connection, login: str) -> bool:
    found = connection.execute("SELECT 1 FROM user WHERE login = ?", (login,)).fetchone()
    return found is not None
