"""Okta's provisioning worker: carries assignments, deactivations and group memberships to the
SCIM target, later than the change itself, and may fail on its own."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keyturn_providers.simulated.okta import provisioning, user_records
from keyturn_providers.simulated.okta.behaviour import BRIDGE_TOKEN, BRIDGE_URL
from keyturn_providers.simulated.okta.bridge import Bridge, Failed
from keyturn_providers.simulated.okta.events import SYSTEM, Cause, Target, emit
from keyturn_providers.simulated.okta.moments import derived_id, moment, new_id
from keyturn_providers.simulated.okta.user_records import User
from keyturn_providers.simulated.okta.web import Refused
from keyturn_providers.simulated.wire.state import opened, setting, writing

_GROUP_FAILED = "application.provision.group_push.mapping.update.or.delete.failed.with.error"
_FEATURES = {
    provisioning.CREATE: "PUSH_NEW_USERS",
    provisioning.PROFILE: "PUSH_PROFILE_UPDATES",
    provisioning.DEACTIVATE: "PUSH_USER_DEACTIVATION",
    provisioning.ADD_MEMBER: "GROUP_PUSH",
    provisioning.REMOVE_MEMBER: "GROUP_PUSH",
}


@dataclass(frozen=True, slots=True)
class _Task:
    no: int
    app: str
    action: str
    user_id: str
    grp_id: str
    external_id: str


def run_due(path: Path) -> int:
    """Carries out what is due, in order, and says how much that was. One worker at a time."""
    done = 0
    with opened(path) as connection:
        while True:
            row = connection.execute(
                "SELECT no, app, action, user_id, grp_id, external_id FROM push_queue"
                " WHERE due <= ? ORDER BY no LIMIT 1",
                (time.time(),),
            ).fetchone()
            url, token = setting(connection, BRIDGE_URL), setting(connection, BRIDGE_TOKEN)
            if row is None or url is None:
                return done
            task = _Task(*row)
            outcome = _carried_out(connection, task, Bridge(url, token or ""))
            with writing(connection):
                outcome(connection)
                connection.execute("DELETE FROM push_queue WHERE no = ?", (task.no,))
            done += 1


@contextmanager
def running(path: Path, *, every_s: float = 0.2) -> Iterator[None]:
    """The worker in a thread, for as long as the block lasts."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(every_s):
            run_due(path)

    thread = threading.Thread(target=work, name="provisioning", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def clear_errors(path: Path) -> None:
    """What an admin does in the console: failed tasks are tried again, mappings are active."""
    now = time.time()
    with opened(path) as connection, writing(connection):
        connection.execute(
            "INSERT INTO push_queue (app, action, user_id, grp_id, external_id, due,"
            " transaction_id) SELECT app, CASE a.status WHEN 'DEPROVISIONED' THEN ? ELSE ? END,"
            " u.id, '', coalesce(a.external_id, ''), ?, ? FROM app_user a"
            " JOIN user u ON u.no = a.user WHERE a.sync_state = 'ERROR'",
            (provisioning.DEACTIVATE, provisioning.CREATE, now, new_id("req")),
        )
        connection.execute("UPDATE app_user SET sync_state = 'SYNCING' WHERE sync_state = 'ERROR'")
        connection.execute(
            "UPDATE push_mapping SET status = 'ACTIVE', error = NULL, last_updated = ?"
            " WHERE status = 'ERROR'",
            (moment(now),),
        )


_Outcome = Callable[[sqlite3.Connection], None]


def _nothing(_: sqlite3.Connection) -> None:
    """There is nothing to write down."""


def _carried_out(connection: sqlite3.Connection, task: _Task, bridge: Bridge) -> _Outcome:
    """Does the task at the target, outside any transaction; the outcome is written afterwards."""
    row = connection.execute("SELECT label, features FROM app WHERE id = ?", (task.app,)).fetchone()
    if row is None or f'"{_FEATURES[task.action]}"' not in row[1]:
        return _nothing
    try:
        user = user_records.find(connection, task.user_id)
    except Refused:
        return _nothing  # deleted for good: the target is told nothing
    match task.action:
        case provisioning.CREATE:
            return _create(connection, task, bridge, user)
        case provisioning.PROFILE:
            return _simple(
                task, user, "push_profile", lambda: bridge.replace(task.external_id, user)
            )
        case provisioning.DEACTIVATE:
            return _simple(
                task, user, "deactivate", lambda: bridge.set_active(task.external_id, active=False)
            )
        case _:
            return _membership(connection, task, bridge, user)


def _create(connection: sqlite3.Connection, task: _Task, bridge: Bridge, user: User) -> _Outcome:
    row = connection.execute(
        "SELECT external_id, status FROM app_user WHERE app = ? AND user = ?", (task.app, user.no)
    ).fetchone()
    if row is None or row[1] != "ACTIVE":
        return _nothing
    external: str | None = row[0]
    kind = "push"
    try:
        external = external or bridge.find(user.login)
        if external is None:
            external = bridge.create(user)
        else:
            kind = "activate"
            bridge.set_active(external, active=True)
    except Failed as failed:
        return _failure(task, user, kind, failed)

    def outcome(connection: sqlite3.Connection) -> None:
        now = time.time()
        connection.execute(
            "UPDATE app_user SET external_id = ?, sync_state = 'SYNCHRONIZED', last_sync = ?,"
            " last_updated = ?2 WHERE app = ? AND user = ?",
            (external, moment(now), task.app, user.no),
        )
        _note(connection, task, user, kind, "")
        # Now that the user is there, the groups that are pushed can have them.
        connection.execute(
            "INSERT INTO push_queue (app, action, user_id, grp_id, external_id, due,"
            " transaction_id) SELECT m.app, ?1, ?2, g.id, ?3, ?4, ?5 FROM push_mapping m"
            " JOIN grp g ON g.no = m.grp JOIN member ON member.grp = m.grp AND member.user = ?6"
            " WHERE m.app = ?7 AND m.status = 'ACTIVE' AND g.id NOT IN"
            " (SELECT grp_id FROM push_queue WHERE user_id = ?2 AND action = ?1)",
            (provisioning.ADD_MEMBER, user.id, external, now, new_id("req"), user.no, task.app),
        )

    return outcome


def _simple(task: _Task, user: User, kind: str, send: Callable[[], None]) -> _Outcome:
    if not task.external_id:
        return _nothing  # never was in the target
    try:
        send()
    except Failed as failed:
        return _failure(task, user, kind, failed)

    def outcome(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE app_user SET sync_state = 'SYNCHRONIZED', last_sync = ?"
            " WHERE app = ? AND user = ?",
            (moment(time.time()), task.app, user.no),
        )
        _note(connection, task, user, kind, "")

    return outcome


def _membership(
    connection: sqlite3.Connection, task: _Task, bridge: Bridge, user: User
) -> _Outcome:
    row = connection.execute(
        "SELECT m.id, m.target_id, g.name FROM push_mapping m JOIN grp g ON g.no = m.grp"
        " WHERE m.app = ? AND g.id = ? AND m.status = 'ACTIVE'",
        (task.app, task.grp_id),
    ).fetchone()
    known = connection.execute(
        "SELECT external_id FROM app_user WHERE app = ? AND user = ?", (task.app, user.no)
    ).fetchone()
    external = task.external_id or (known[0] if known else None)
    if row is None or not external:
        return _nothing
    mapping, target, name = row
    add = task.action == provisioning.ADD_MEMBER
    failure: Failed | None = None
    try:
        bridge.change_member(target or "not-linked", name, external, add=add)
    except Failed as error:
        failure = error

    def outcome(connection: sqlite3.Connection) -> None:
        at = moment(time.time())
        pushed = Target("UserGroup", task.grp_id, "unknown", name)
        app = provisioning.app_target(connection, task.app)
        if failure is None:
            connection.execute("UPDATE push_mapping SET last_push = ? WHERE id = ?", (at, mapping))
            kind = "application.provision.group_push.push_memberships"
            emit(connection, _cause(), kind, pushed, app, user.target())
            return
        why = f"Unable to update Group Push mapping target App group {name}: {failure}"
        connection.execute(
            "UPDATE push_mapping SET status = 'ERROR', error = ?, last_updated = ? WHERE id = ?",
            (why[:500], at, mapping),
        )
        emit(connection, _cause(), _GROUP_FAILED, pushed, app, failure=why[:500])
        # Okta writes these only where it failed: of a push that went well there is none.
        kind = f"application.provision.group_membership.{'add' if add else 'remove'}"
        emit(connection, _cause(), kind, user.target(), pushed, app, failure=why[:500])
        _link_trouble(connection, task, failure)

    return outcome


def _failure(task: _Task, user: User, kind: str, failed: Failed) -> _Outcome:
    def outcome(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE app_user SET sync_state = 'ERROR', last_updated = ? WHERE app = ? AND user = ?",
            (moment(time.time()), task.app, user.no),
        )
        label = provisioning.app_target(connection, task.app).name
        doing = "deprovisioning" if kind == "deactivate" else "provisioning"
        way = "from" if kind == "deactivate" else "to"
        why = f"Automatic {doing} of user {user.name} {way} app {label} failed: {failed}"
        _note(connection, task, user, kind, why[:500])
        _link_trouble(connection, task, failed)

    return outcome


def _note(connection: sqlite3.Connection, task: _Task, user: User, kind: str, failure: str) -> None:
    emit(
        connection,
        _cause(),
        f"application.provision.user.{kind}",
        Target("AppUser", derived_id("0ua", task.app + user.id), user.login, user.name),
        provisioning.app_target(connection, task.app),
        user.target(),
        failure=failure,
    )


def _link_trouble(connection: sqlite3.Connection, task: _Task, failed: Failed) -> None:
    """The connection to the target itself does not work: what on-call looks for."""
    names = {0: "general_failure", 401: "authentication_failure", 429: "rate_limit_exceeded"}
    if failed.status in names:
        emit(
            connection,
            _cause(),
            f"application.integration.{names[failed.status]}",
            provisioning.app_target(connection, task.app),
            failure=str(failed)[:500],
        )


def _cause() -> Cause:
    return Cause(time.time(), SYSTEM, new_id("job"), "JOB")
