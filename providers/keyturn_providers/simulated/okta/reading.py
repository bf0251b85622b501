"""What an org holds, read past its API: for tests, the demo and the drill."""

import json
from dataclasses import dataclass
from pathlib import Path

from keyturn_providers.simulated.okta.web import Document
from keyturn_providers.simulated.wire.state import opened


@dataclass(frozen=True, slots=True)
class AppUserState:
    """How one user stands in one app."""

    scope: str
    status: str
    sync_state: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class MappingState:
    """How the push of one group stands."""

    status: str
    target_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class EventSeen:
    """One event, whether it can be seen yet or not."""

    type: str
    outcome: str
    transaction_id: str
    targets: tuple[str, ...]


def user_status(path: Path, key: str) -> str | None:
    """The status of the user with this login or id, None if there is none."""
    return _one(path, "SELECT status FROM user WHERE login = ?1 OR id = ?1", key)


def members(path: Path, group: str) -> frozenset[str]:
    """The logins of the members of the group with this name or id."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT login FROM member JOIN user ON user.no = member.user"
            " JOIN grp ON grp.no = member.grp WHERE grp.name = ?1 OR grp.id = ?1",
            (group,),
        )
        return frozenset(row[0] for row in rows)


def groups_of(path: Path, key: str) -> frozenset[str]:
    """The names of the groups of the user with this login or id."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT grp.name FROM member JOIN user ON user.no = member.user"
            " JOIN grp ON grp.no = member.grp WHERE user.login = ?1 OR user.id = ?1",
            (key,),
        )
        return frozenset(row[0] for row in rows)


def app_user(path: Path, app: str, key: str) -> AppUserState | None:
    """The assignment of the app (label or id) to a user (login or id), None if there is none."""
    with opened(path) as connection:
        row = connection.execute(
            "SELECT a.scope, a.status, a.sync_state, a.external_id FROM app_user a"
            " JOIN user u ON u.no = a.user JOIN app ON app.id = a.app"
            " WHERE (app.label = ?1 OR app.id = ?1) AND (u.login = ?2 OR u.id = ?2)",
            (app, key),
        ).fetchone()
        return None if row is None else AppUserState(*row)


def mapping(path: Path, app: str, group: str) -> MappingState | None:
    """The push of a group (name or id) by the app (label or id), None if there is none."""
    with opened(path) as connection:
        row = connection.execute(
            "SELECT m.status, m.target_id, m.error FROM push_mapping m"
            " JOIN grp g ON g.no = m.grp JOIN app ON app.id = m.app"
            " WHERE (app.label = ?1 OR app.id = ?1) AND (g.name = ?2 OR g.id = ?2)",
            (app, group),
        ).fetchone()
        return None if row is None else MappingState(*row)


def sessions(path: Path, key: str) -> tuple[str, ...]:
    """The kinds (SESSION, TOKEN) of what the user is signed in by."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT kind FROM session JOIN user ON user.no = session.user"
            " WHERE user.login = ?1 OR user.id = ?1 ORDER BY kind",
            (key,),
        )
        return tuple(row[0] for row in rows)


def api_tokens(path: Path) -> frozenset[str]:
    """The names of the API tokens that work."""
    with opened(path) as connection:
        return frozenset(row[0] for row in connection.execute("SELECT name FROM api_token"))


def excluded(path: Path, rule: str) -> tuple[str, ...]:
    """The ids of the users excluded from the rule with this name or id."""
    told = _one(path, "SELECT excluded FROM rule WHERE name = ?1 OR id = ?1", rule)
    return tuple(json.loads(told or "[]"))


def events(path: Path, type_prefix: str = "") -> tuple[EventSeen, ...]:
    """The events whose type begins so, in the order in which they were written."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT doc FROM event WHERE substr(type, 1, ?) = ? ORDER BY no",
            (len(type_prefix), type_prefix),
        ).fetchall()
    docs: list[Document] = [json.loads(row[0]) for row in rows]
    return tuple(
        EventSeen(
            str(doc["eventType"]),
            str(_inner(doc, "outcome").get("result")),
            str(_inner(doc, "transaction").get("id")),
            tuple(str(t["id"]) for t in _list(doc, "target")),
        )
        for doc in docs
    )


def pushes_waiting(path: Path) -> int:
    """How much the provisioning worker has still to do."""
    return int(_one(path, "SELECT count(*) FROM push_queue WHERE ?1 = ''", "") or 0)


def _one(path: Path, sql: str, parameter: str) -> str | None:
    with opened(path) as connection:
        row = connection.execute(sql, (parameter,)).fetchone()
        return None if row is None else str(row[0])


def _inner(doc: Document, name: str) -> Document:
    found = doc.get(name)
    return found if isinstance(found, dict) else {}


def _list(doc: Document, name: str) -> list[Document]:
    found = doc.get(name)
    return found if isinstance(found, list) else []
