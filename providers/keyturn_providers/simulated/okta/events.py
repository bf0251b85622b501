"""Writes events into the System Log, each as the part of the request that caused it."""

import json
import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from keyturn_providers.simulated.okta.moments import moment
from keyturn_providers.simulated.okta.web import Call, Document, Principal

SYSTEM = Principal("SystemPrincipal", "system@okta.com", "Okta System")

_MESSAGES = {
    "user.lifecycle.create": "Create Okta user",
    "user.lifecycle.activate": "Activate Okta user",
    "user.lifecycle.reactivate": "Reactivate Okta user",
    "user.lifecycle.suspend": "Suspend Okta user",
    "user.lifecycle.unsuspend": "Unsuspend Okta user",
    "user.lifecycle.deactivate": "Deactivate Okta user",
    "user.lifecycle.delete.initiated": "Delete Okta user initiated",
    "user.lifecycle.delete.completed": "Delete Okta user completed",
    "user.account.update_profile": "Update user profile for Okta",
    "user.session.clear": "Clear user session",
    "user.authentication.universal_logout": "Universal Logout of user",
    "group.user_membership.add": "Add user to group membership",
    "group.user_membership.remove": "Remove user from group membership",
    "application.user_membership.add": "Add user to application membership",
    "application.user_membership.remove": "Remove user's application membership",
    "application.user_membership.deprovision": "Deprovision user's application membership",
    "application.provision.user.push": "Push new user to external application",
    "application.provision.user.push_profile": "Push user's profile to external application",
    "application.provision.user.activate": "Push user activation to external application",
    "application.provision.user.deactivate": "Push user deactivation to external application",
    "system.api_token.revoke": "Revoke API token",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What an event is about."""

    kind: str
    id: str
    alternate: str
    name: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What an event is a part of: when, by whom, in which transaction."""

    now: float
    principal: Principal
    transaction_id: str
    transaction_type: str = "WEB"


def cause_of(call: Call) -> Cause:
    """The cause that a request is."""
    return Cause(call.now, call.principal, call.request_id)


def emit(
    connection: sqlite3.Connection,
    cause: Cause,
    kind: str,
    *targets: Target,
    failure: str = "",
    debug: Document | None = None,
) -> None:
    """Writes one event; `failure` is the reason of an outcome FAILURE. Switches may delay or drop
    it."""
    delay = _delay(connection, kind, targets)
    if delay is None:
        return
    actor = cause.principal
    # Who polls may already be past this moment: another process committed a later one first.
    newest = connection.execute(
        "SELECT max(visible) FROM event WHERE visible <= ?", (time.time(),)
    ).fetchone()[0]
    write(
        connection,
        kind=kind,
        published=cause.now,
        visible=max(cause.now, newest or 0.0) + delay,
        actor=actor,
        transaction=(cause.transaction_type, cause.transaction_id),
        targets=targets,
        failure=failure,
        debug=debug,
    )


def write(
    connection: sqlite3.Connection,
    *,
    kind: str,
    published: float,
    visible: float,
    actor: Principal,
    transaction: tuple[str, str],
    targets: Sequence[Target],
    failure: str = "",
    debug: Document | None = None,
) -> None:
    """Writes one event as it is told, past all switches."""
    detail: Document = {"requestApiTokenId": actor.token_id} if actor.token_id else {}
    outcome: Document = {"result": "FAILURE" if failure else "SUCCESS"}
    doc: Document = {
        "actor": {
            "id": actor.id,
            "type": actor.kind,
            "alternateId": actor.name,
            "displayName": actor.name,
            "detailEntry": None,
        },
        "client": {"userAgent": {"rawUserAgent": "keyturn"}, "ipAddress": "127.0.0.1"},
        "displayMessage": _MESSAGES.get(kind, kind.replace(".", " ").replace("_", " ")),
        "eventType": kind,
        "outcome": outcome | ({"reason": failure} if failure else {}),
        "published": moment(published),
        "securityContext": {},
        "severity": "ERROR" if failure else "INFO",
        "debugContext": {"debugData": debug or {}},
        "legacyEventType": None,
        "transaction": {"type": transaction[0], "id": transaction[1], "detail": detail},
        "uuid": str(uuid.uuid4()),
        "version": "0",
        "request": {"ipChain": []},
        "target": [
            {
                "id": target.id,
                "type": target.kind,
                "alternateId": target.alternate,
                "displayName": target.name,
                "detailEntry": None,
            }
            for target in targets
        ],
    }
    connection.execute(
        "INSERT INTO event (visible, published, type, doc) VALUES (?, ?, ?, ?)",
        (visible, moment(published), kind, json.dumps(doc)),
    )


def _delay(connection: sqlite3.Connection, kind: str, targets: Sequence[Target]) -> float | None:
    """Seconds until the event is seen; None: it is never written."""
    for number, type_glob, target, late_s, times in connection.execute(
        "SELECT no, type, target, late_s, times FROM event_switch ORDER BY no"
    ).fetchall():
        if not fnmatchcase(kind, type_glob):
            continue
        if target != "*" and not any(fnmatchcase(t.id, target) for t in targets):
            continue
        if times == 1:
            connection.execute("DELETE FROM event_switch WHERE no = ?", (number,))
        elif times is not None:
            connection.execute("UPDATE event_switch SET times = times - 1 WHERE no = ?", (number,))
        return None if late_s is None else float(late_s)
    return 0.0
