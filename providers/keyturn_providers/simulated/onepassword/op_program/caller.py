"""Who `op` is signed in as: a person, by the app or a session, or a service account."""

from collections.abc import Mapping
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.actor import Actor, person
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.op_program.recorded import RECORDED
from keyturn_providers.simulated.onepassword.refusals import Refused, forbidden
from keyturn_providers.simulated.onepassword.rights import is_owner, rights_of
from keyturn_providers.simulated.onepassword.schema import setting
from keyturn_providers.simulated.onepassword.switches import is_on, number

NOT_SIGNED_IN, _ = RECORDED["not signed in"]
SESSION_EXPIRED, _ = RECORDED["session expired"]
_SESSION_MS = 30 * 60_000
_DELETED = (
    "error initializing client: Authentication: (failed to auth.LookupAuth), {domain} Server: (403)"
    " (Forbidden (Service Account Deleted)), Request to the server failed"
)


class Panic(Exception):
    """`op` itself falls over."""


class Caller:
    """Who asks, and what they may do. `service` is set for a service account."""

    __slots__ = ("actor", "id", "owner", "rights", "service")

    def __init__(
        self, actor: Actor, rights: frozenset[str], *, owner: bool = False, service: bool = False
    ) -> None:
        self.id = actor.id
        self.actor = actor
        self.rights = rights
        self.owner = owner
        self.service = service

    def must(self, right: str) -> None:
        """Refuses with (403) unless the caller has this account permission."""
        if right not in self.rights:
            raise forbidden()


def service_account(conn: Connection, environment: Mapping[str, str]) -> Caller | None:
    """The service account of the environment; None if none is named there."""
    token = environment.get("OP_SERVICE_ACCOUNT_TOKEN")
    if not token:
        return None
    if not token.startswith("ops_"):
        raise Panic("runtime error: invalid memory address or nil pointer dereference")
    row = conn.execute("SELECT * FROM service_account WHERE token = ?", (token,)).fetchone()
    expired = (
        row is not None and row["expires_ms"] is not None and row["expires_ms"] <= now_ms(conn)
    )
    if row is None or row["state"] != "ACTIVE" or expired:
        domain = conn.execute("SELECT domain FROM account").fetchone()[0]
        raise Refused(_DELETED.format(domain=domain))
    actor = Actor(
        row["id"],
        row["name"],
        f"{row['id'].lower()}@1passwordserviceaccounts.com",
        "1Password CLI",
        "service account",
    )
    rights = frozenset({"CREATE_VAULTS"} if row["can_create_vaults"] else ())
    return Caller(actor, rights, service=True)


def charge(conn: Connection, caller: Caller, action: str) -> None:
    """Counts a service account's request; refused with (429) beyond the hour's or day's number."""
    now = now_ms(conn)
    name = f"service_account_{action}s_per_hour"
    oldest, used = conn.execute(
        "SELECT min(at_ms), count(*) FROM service_account_use"
        " WHERE account_id = ? AND action = ? AND at_ms > ?",
        (caller.id, action, now - 3_600_000),
    ).fetchone()
    today = conn.execute(
        "SELECT count(*) FROM service_account_use WHERE at_ms > ?", (now - 86_400_000,)
    ).fetchone()[0]
    if used >= number(conn, name) or today >= number(conn, "account_requests_per_day"):
        minutes = max(1, ((oldest or now) + 3_600_000 - now) // 60_000)
        raise Refused(
            "You've reached the maximum number of this type of requests this service account is"
            f" allowed to make. Please retry in {minutes} minutes or try other requests.",
            429,
            "Too Many Requests",
        )
    conn.execute("INSERT INTO service_account_use VALUES (?, ?, ?)", (caller.id, action, now))


def signed_in(conn: Connection, environment: Mapping[str, str], flags: Mapping[str, str]) -> Caller:
    """The person whose session this is. Refused where there is none, or where it has ended."""
    tokens = [value for name, value in environment.items() if name.startswith("OP_SESSION")]
    token = flags.get("--session") or (tokens[0] if tokens else "")
    if token:
        user_id = _of_session(conn, token)
    else:
        if is_on(conn, "session_expired"):
            raise Refused(SESSION_EXPIRED)
        user_id = setting(conn, "signed_in_user") if is_on(conn, "signed_in") else ""
    row = conn.execute("SELECT state FROM user WHERE id = ?", (user_id,)).fetchone()
    if row is None or row["state"] != "ACTIVE":
        raise Refused(NOT_SIGNED_IN)
    return Caller(person(conn, user_id), rights_of(conn, user_id), owner=is_owner(conn, user_id))


def _of_session(conn: Connection, token: str) -> str:
    row = conn.execute("SELECT * FROM op_session WHERE token = ?", (token,)).fetchone()
    if row is None:
        raise Refused(NOT_SIGNED_IN)
    now = now_ms(conn)
    if now - row["used_ms"] > _SESSION_MS or is_on(conn, "session_expired"):
        raise Refused(SESSION_EXPIRED)
    conn.execute("UPDATE op_session SET used_ms = ? WHERE token = ?", (now, token))
    user_id: str = row["user_id"]
    return user_id
