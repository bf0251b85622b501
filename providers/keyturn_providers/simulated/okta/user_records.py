"""Users as they are kept and as Okta shows them."""

import json
import sqlite3
from typing import NamedTuple

from keyturn_providers.simulated.okta.behaviour import SEARCH_LAG
from keyturn_providers.simulated.okta.events import Target
from keyturn_providers.simulated.okta.web import Call, Document, not_found
from keyturn_providers.simulated.wire.state import setting

COLUMNS = (
    "no, id, login, status, created, activated, status_changed, last_login, last_updated,"
    " password_changed, transitioning_to, transition_polls, profile, provider"
)
OF_U = ", ".join(f"u.{name.strip()}" for name in COLUMNS.split(","))
_OPTIMISED = {"omitcredentials", "omitcredentialslinks", "omittransitioningtostatus"}


class User(NamedTuple):
    """One row. `profile` is JSON."""

    no: int
    id: str
    login: str
    status: str
    created: str
    activated: str | None
    status_changed: str | None
    last_login: str | None
    last_updated: str
    password_changed: str | None
    transitioning_to: str | None
    transition_polls: int
    profile: str
    provider: str

    @property
    def fields(self) -> Document:
        """The profile, read."""
        read: Document = json.loads(self.profile)
        return read

    @property
    def name(self) -> str:
        """First and last name."""
        fields = self.fields
        return f"{fields.get('firstName') or ''} {fields.get('lastName') or ''}".strip()

    def target(self) -> Target:
        """The user in an event."""
        return Target("User", self.id, self.login, self.name)


def find(connection: sqlite3.Connection, key: str) -> User:
    """By id, login, or the part of the login before the @ where only one has it. Raises `Refused`
    (404) where there is none."""
    statement = f"SELECT {COLUMNS} FROM user WHERE "  # noqa: S608 - a constant
    row = (
        connection.execute(statement + "id = ?", (key,)).fetchone()
        or connection.execute(statement + "login = ?", (key,)).fetchone()
    )
    if row is None and "@" not in key:
        rows = connection.execute(
            statement + "substr(login, 1, instr(login, '@') - 1) = ? LIMIT 2", (key,)
        ).fetchall()
        row = rows[0] if len(rows) == 1 else None
    if row is None:
        raise not_found(key, "User")
    return User(*row)


def by_no(connection: sqlite3.Connection, number: int) -> User:
    """The user of a row that exists."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM user WHERE no = ?",  # noqa: S608 - a constant
        (number,),
    ).fetchone()
    return User(*row)


def keep_for_search(connection: sqlite3.Connection, user_no: int, now: float) -> None:
    """Before a change: what `search` shows until its index has caught up."""
    lag = float(setting(connection, SEARCH_LAG) or 0)
    connection.execute("DELETE FROM user_lagging WHERE until <= ?", (now,))
    if lag:
        connection.execute(
            f"INSERT OR IGNORE INTO user_lagging ({COLUMNS}, until, hidden)"  # noqa: S608 - constants
            f" SELECT {COLUMNS}, ?, 0 FROM user WHERE no = ?",
            (now + lag, user_no),
        )


def hide_from_search(connection: sqlite3.Connection, user_no: int, now: float) -> None:
    """After a creation: `search` does not show the user until its index has caught up."""
    lag = float(setting(connection, SEARCH_LAG) or 0)
    if lag:
        connection.execute(
            f"INSERT OR REPLACE INTO user_lagging ({COLUMNS}, until, hidden)"  # noqa: S608 - constants
            f" SELECT {COLUMNS}, ?, 1 FROM user WHERE no = ?",
            (now + lag, user_no),
        )


def optimised(call: Call) -> bool:
    """Whether the request asks, in its Content-Type, for the form that leaves all three things
    out; two of them alone change nothing."""
    told = call.headers.get("content-type", "").partition("okta-response=")[2]
    asked = {part.strip().strip('"').lower() for part in told.split(";")[0].split(",")}
    return asked >= _OPTIMISED


def text(user: User, base: str, *, short: bool = False) -> str:
    """The user as JSON. `short` is the optimised form."""
    # Put together by hand: a listing of a company is ten thousand of these.
    shown = (
        f'{{"id":"{user.id}","status":"{user.status}","created":"{user.created}",'
        f'"activated":{_text(user.activated)},"statusChanged":{_text(user.status_changed)},'
        f'"lastLogin":{_text(user.last_login)},"lastUpdated":"{user.last_updated}",'
        f'"passwordChanged":{_text(user.password_changed)},"type":{{"id":"otyDefault"}},'
        f'"profile":{user.profile}'
    )
    if short:
        return shown + "}"
    return shown + (
        f',"transitioningToStatus":{_text(user.transitioning_to)},"realmId":"guoDefault",'
        f'"credentials":{{"provider":{{"type":"{user.provider}","name":"{user.provider}"}}}},'
        f'"_links":{{"self":{{"href":"{base}/api/v1/users/{user.id}"}}}}}}'
    )


def _text(value: str | None) -> str:
    return "null" if value is None else f'"{value}"'


def projected(whole: str, fields: str) -> str:
    """Only the fields asked for: `id,status,profile:(login,email)`."""
    read: Document = json.loads(whole)
    outer, _, inner = fields.partition("profile:(")
    inner, _, rest = inner.partition(")")
    names = [name.strip() for name in (outer + rest).split(",") if name.strip()]
    shown = {name: read[name] for name in names if name in read}
    profile = read.get("profile")
    if inner and isinstance(profile, dict):
        wanted = [name.strip() for name in inner.split(",")]
        shown["profile"] = {name: profile[name] for name in wanted if name in profile}
    return json.dumps(shown)
