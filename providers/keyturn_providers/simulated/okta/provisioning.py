"""What a change of users and groups means for the apps: assignments, and what is to be pushed.

Pushing itself is the worker's (`push`), later and in another transaction, as with Okta.
"""

import sqlite3

from keyturn_providers.simulated.okta.behaviour import BRIDGE_URL, PUSH_LAG
from keyturn_providers.simulated.okta.events import Cause, Target, emit
from keyturn_providers.simulated.okta.moments import moment
from keyturn_providers.simulated.okta.user_records import User
from keyturn_providers.simulated.wire.state import setting

CREATE, PROFILE, DEACTIVATE = "create", "profile", "deactivate"
ADD_MEMBER, REMOVE_MEMBER = "add_member", "remove_member"


def user_deactivated(connection: sqlite3.Connection, cause: Cause, user: User) -> None:
    """Takes all apps away: a direct assignment, too, is only shown as DEPROVISIONED."""
    for app, external in _assigned(connection, user):
        connection.execute(
            "UPDATE app_user SET status = 'DEPROVISIONED', last_updated = ?"
            " WHERE app = ? AND user = ?",
            (moment(cause.now), app, user.no),
        )
        emit(
            connection,
            cause,
            "application.user_membership.deprovision",
            user.target(),
            app_target(connection, app),
        )
        _enqueue(connection, cause, app, DEACTIVATE, user_id=user.id, external=external)


def user_activated(connection: sqlite3.Connection, cause: Cause, user: User) -> None:
    """Gives back the apps that the user's groups give."""
    for (app,) in connection.execute(
        "SELECT DISTINCT app FROM app_group JOIN member USING (grp) WHERE user = ?", (user.no,)
    ).fetchall():
        assign(connection, cause, app, user, "GROUP")


def profile_changed(connection: sqlite3.Connection, cause: Cause, user: User) -> None:
    """The apps the user has are to get the new profile."""
    for app, external in _assigned(connection, user):
        _enqueue(connection, cause, app, PROFILE, user_id=user.id, external=external)


def assign(connection: sqlite3.Connection, cause: Cause, app: str, user: User, scope: str) -> None:
    """Assigns an app, unless it is assigned already."""
    found = connection.execute(
        "SELECT status, external_id FROM app_user WHERE app = ? AND user = ?", (app, user.no)
    ).fetchone()
    if found is not None and found[0] != "DEPROVISIONED":
        return
    now, pushes = moment(cause.now), _pushes(connection, app)
    connection.execute(
        "INSERT INTO app_user (app, user, scope, status, sync_state, external_id, created,"
        " last_updated) VALUES (?1, ?2, ?3, 'ACTIVE', ?4, ?5, ?6, ?6)"
        " ON CONFLICT DO UPDATE SET scope = ?3, status = 'ACTIVE', sync_state = ?4,"
        " last_updated = ?6",
        (app, user.no, scope, "SYNCING" if pushes else "DISABLED", found and found[1], now),
    )
    emit(
        connection,
        cause,
        "application.user_membership.add",
        user.target(),
        app_target(connection, app),
    )
    _enqueue(connection, cause, app, CREATE, user_id=user.id)


def unassign(connection: sqlite3.Connection, cause: Cause, app: str, user: User) -> bool:
    """Takes an app away and destroys its profile of the user. False where there was none."""
    gone = connection.execute(
        "DELETE FROM app_user WHERE app = ? AND user = ? RETURNING external_id, status",
        (app, user.no),
    ).fetchone()
    if gone is None:
        return False
    emit(
        connection,
        cause,
        "application.user_membership.remove",
        user.target(),
        app_target(connection, app),
    )
    if gone[1] != "DEPROVISIONED":
        _enqueue(connection, cause, app, DEACTIVATE, user_id=user.id, external=gone[0] or "")
    return True


def member_added(connection: sqlite3.Connection, cause: Cause, grp: int, user: User) -> None:
    """A group has a new member: its apps are assigned, and mapped groups are pushed."""
    for (app,) in connection.execute("SELECT app FROM app_group WHERE grp = ?", (grp,)).fetchall():
        if user.status != "DEPROVISIONED":
            assign(connection, cause, app, user, "GROUP")
    _push_membership(connection, cause, grp, user, ADD_MEMBER)


def member_removed(connection: sqlite3.Connection, cause: Cause, grp: int, user: User) -> None:
    """A group lost a member: apps that no other group gives are taken away."""
    _push_membership(connection, cause, grp, user, REMOVE_MEMBER)
    for (app,) in connection.execute(
        "SELECT app FROM app_group WHERE grp = ?1 AND app IN"
        " (SELECT app FROM app_user WHERE user = ?2 AND scope = 'GROUP')"
        " AND app NOT IN (SELECT app FROM app_group JOIN member USING (grp) WHERE user = ?2)",
        (grp, user.no),
    ).fetchall():
        unassign(connection, cause, app, user)


def app_target(connection: sqlite3.Connection, app: str) -> Target:
    """The app in an event."""
    label = connection.execute("SELECT label FROM app WHERE id = ?", (app,)).fetchone()[0]
    return Target("AppInstance", app, label, label)


def _push_membership(
    connection: sqlite3.Connection, cause: Cause, grp: int, user: User, action: str
) -> None:
    """Only ACTIVE mappings are pushed, and only people who are assigned to the app."""
    for app, grp_id, external in connection.execute(
        "SELECT app, grp.id, app_user.external_id FROM push_mapping"
        " JOIN grp ON grp.no = push_mapping.grp JOIN app_user USING (app)"
        " WHERE push_mapping.grp = ? AND push_mapping.status = 'ACTIVE' AND app_user.user = ?"
        " AND app_user.status = 'ACTIVE'",
        (grp, user.no),
    ).fetchall():
        _enqueue(
            connection, cause, app, action, user_id=user.id, grp=grp_id, external=external or ""
        )


def _assigned(connection: sqlite3.Connection, user: User) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT app, coalesce(external_id, '') FROM app_user"
        " WHERE user = ? AND status = 'ACTIVE' ORDER BY app",
        (user.no,),
    )
    return rows.fetchall()


def _pushes(connection: sqlite3.Connection, app: str) -> bool:
    """Whether the app provisions at all: it has the feature and somewhere to push to."""
    features = connection.execute("SELECT features FROM app WHERE id = ?", (app,)).fetchone()[0]
    return '"PUSH_' in features and setting(connection, BRIDGE_URL) is not None


def _enqueue(
    connection: sqlite3.Connection,
    cause: Cause,
    app: str,
    action: str,
    *,
    user_id: str,
    grp: str = "",
    external: str = "",
) -> None:
    if not _pushes(connection, app):
        return
    due = cause.now + float(setting(connection, PUSH_LAG) or 0)
    connection.execute(
        "INSERT INTO push_queue (app, action, user_id, grp_id, external_id, due, transaction_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (app, action, user_id, grp, external, due, cause.transaction_id),
    )
