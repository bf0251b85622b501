"""What people and administrators do that keyturn cannot: in the apps and in 1Password's console.

Every function opens the tenant's file, does one thing and closes it again.
"""

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword import people
from keyturn_providers.simulated.onepassword.actor import person
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.ids import new_id
from keyturn_providers.simulated.onepassword.schema import connect, setting, writing
from keyturn_providers.simulated.onepassword.seeded_events import sign_in_body, usage_body
from keyturn_providers.simulated.onepassword.seeds import ItemUsage, SignIn
from keyturn_providers.simulated.onepassword.switches import number
from keyturn_providers.simulated.onepassword.trail import account_id, record, user_details


def resend_invitation(path: Path, user_id: str) -> None:
    """An administrator has the invitation sent again: it is good for five more days."""

    def resend(conn: Connection) -> None:
        people.resend(conn, user_id)
        administrator = person(conn, setting(conn, "signed_in_user"), "1Password for Web")
        record(conn, administrator, "resendts", "user", user_id)

    _act(path, resend)


def sign_in(path: Path, user_id: str, app: str = "1Password for Mac") -> bool:
    """Somebody tries to sign in; whether it worked. Only who is active gets in."""
    worked: list[bool] = []

    def attempt(conn: Connection) -> None:
        row = conn.execute("SELECT state FROM user WHERE id = ?", (user_id,)).fetchone()
        now = now_ms(conn)
        if row is not None and row["state"] == "ACTIVE":
            worked.append(True)
            conn.execute("UPDATE user SET last_auth_ms = ? WHERE id = ?", (now, user_id))
            made = SignIn(now, user_id, app=app)
        else:
            made = SignIn(now, user_id, "credentials_failed", "password_secret_bad", app)
        body = sign_in_body(
            new_id(capital=True), account_id(conn), made, user_details(conn, user_id)
        )
        _put(conn, "signinattempts", now, body)

    _act(path, attempt)
    return bool(worked)


def use_item(path: Path, user_id: str, vault_id: str, item_id: str, action: str = "reveal") -> None:
    """Somebody uses an item of a shared vault."""

    def use(conn: Connection) -> None:
        now = now_ms(conn)
        body = usage_body(
            new_id(capital=True),
            account_id(conn),
            ItemUsage(now, user_id, vault_id, item_id, action),
            user_details(conn, user_id),
        )
        _put(conn, "itemusages", now, body)

    _act(path, use)


def delete_service_account(path: Path, service_account_id: str) -> None:
    """An administrator deletes a service account: its token ends at once."""

    def delete(conn: Connection) -> None:
        conn.execute(
            "UPDATE service_account SET state = 'DELETED' WHERE id = ?", (service_account_id,)
        )
        conn.execute(
            "DELETE FROM vault_access WHERE kind = 'service_account' AND principal_id = ?",
            (service_account_id,),
        )
        administrator = person(conn, setting(conn, "signed_in_user"), "1Password for Web")
        record(conn, administrator, "trevoke", "satoken", new_id(capital=True))
        record(conn, administrator, "delete", "sa", service_account_id)

    _act(path, delete)


def _put(conn: Connection, feature: str, at_ms: int, body: str) -> None:
    visible = at_ms + int(number(conn, "audit_delay_s") * 1000)
    conn.execute(
        "INSERT INTO event (feature, at_ms, visible_ms, body) VALUES (?, ?, ?, ?)",
        (feature, at_ms, visible, body),
    )


def _act(path: Path, act: Callable[[Connection], None]) -> None:
    conn = connect(path)
    try:
        with writing(conn):
            act(conn)
    finally:
        conn.close()
