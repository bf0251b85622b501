"""Who makes a change, as the audit log names them."""

from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.ids import new_id

SERVICE_DOMAIN = "1passwordserviceaccounts.com"


class Actor:
    """The author of an audit event, and the session and program it came by."""

    __slots__ = ("app", "email", "id", "kind", "name", "session_id")

    def __init__(self, id: str, name: str, email: str, app: str, kind: str = "user") -> None:  # noqa: A002
        self.id = id
        self.name = name
        self.email = email
        self.app = app
        self.kind = kind
        self.session_id = new_id(capital=True)


def person(conn: Connection, user_id: str, app: str = "1Password CLI") -> Actor:
    """A user of this tenant as the author."""
    row = conn.execute("SELECT name, email FROM user WHERE id = ?", (user_id,)).fetchone()
    return Actor(user_id, row["name"], row["email"], app)


def bridge(conn: Connection) -> Actor:
    """The SCIM bridge's own identity, by which changes of the directory are known in the log."""
    return _service(conn, "bridge", "Automated User Provisioning", "1Password SCIM Bridge")


def partner(conn: Connection) -> Actor:
    """The OAuth application that the Users API is called with."""
    return _service(conn, "partner", "Users API application", "1Password Users API")


def _service(conn: Connection, part: str, name: str, app: str) -> Actor:
    row = conn.execute("SELECT value FROM setting WHERE name = ?", (f"{part}_actor",)).fetchone()
    return Actor(row["value"], name, f"{part}@{SERVICE_DOMAIN}", app)
