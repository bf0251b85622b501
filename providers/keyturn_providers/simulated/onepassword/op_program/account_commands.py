"""`op whoami`, `op account ...`, `op signin`, and the machine identities."""

import json

from keyturn_providers.simulated.onepassword import rights
from keyturn_providers.simulated.onepassword.clock import now_ms, seconds_text
from keyturn_providers.simulated.onepassword.events_token import new_events_token
from keyturn_providers.simulated.onepassword.ids import new_id
from keyturn_providers.simulated.onepassword.op_program.arguments import go_seconds
from keyturn_providers.simulated.onepassword.op_program.invocation import Invocation
from keyturn_providers.simulated.onepassword.op_program.objects import Printed
from keyturn_providers.simulated.onepassword.refusals import Refused
from keyturn_providers.simulated.onepassword.schema import setting
from keyturn_providers.simulated.onepassword.switches import number
from keyturn_providers.simulated.onepassword.trail import account_id


def whoami(call: Invocation) -> None:
    """Who is signed in."""
    account = call.conn.execute("SELECT * FROM account").fetchone()
    url = f"https://{account['domain']}"
    caller = call.caller
    if caller.service:
        printed: Printed = {
            "url": url,
            "user_uuid": caller.id,
            "account_uuid": account["id"],
            "user_type": "SERVICE_ACCOUNT",
        }
    else:
        printed = {
            "url": url,
            "email": caller.actor.email,
            "user_uuid": caller.id,
            "account_uuid": account["id"],
        }
    call.print(printed)


def get_account(call: Invocation) -> None:
    """The account itself."""
    call.line.none()
    row = call.conn.execute("SELECT * FROM account").fetchone()
    printed: Printed = {key: row[key] for key in ("id", "name", "domain", "type", "state")}
    printed["domain"] = row["domain"].partition(".")[0]
    call.print(printed | {"created_at": seconds_text(row["created_ms"])})


def list_accounts(call: Invocation) -> None:
    """The accounts this computer knows; needs nobody signed in."""
    account = call.conn.execute("SELECT * FROM account").fetchone()
    user_id = setting(call.conn, "signed_in_user")
    row = call.conn.execute("SELECT email FROM user WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        call.out.append("[]\n" if call.wants_json else "")
        return
    call.print_all(
        [
            {
                "url": account["domain"],
                "email": row["email"],
                "user_uuid": user_id,
                "account_uuid": account["id"],
            }
        ]
    )


def sign_in(call: Invocation) -> None:
    """Starts a session by hand and prints its token. The password on standard input is not kept."""
    user_id = setting(call.conn, "signed_in_user")
    if not user_id:
        raise Refused("no account found for filter ")
    token = new_id() + new_id()
    call.conn.execute(
        "INSERT INTO op_session VALUES (?, ?, ?)", (token, user_id, now_ms(call.conn))
    )
    call.out.append(f"{token}\n")


def list_servers(call: Invocation) -> None:
    """The Connect servers."""
    call.caller.must(rights.INTEGRATIONS)
    rows = call.conn.execute("SELECT * FROM connect_server ORDER BY id")
    call.print_all(
        [
            {
                "id": row["id"],
                "name": row["name"],
                "state": row["state"],
                "created_at": seconds_text(row["created_ms"]),
                "creator_id": row["creator_id"],
                "tokens_version": row["tokens_version"],
            }
            for row in rows
        ]
    )


def list_tokens(call: Invocation) -> None:
    """The Connect tokens, with the vaults each may read or write."""
    call.caller.must(rights.INTEGRATIONS)
    server = call.line.flags.get("--server", "")
    rows = call.conn.execute(
        "SELECT * FROM connect_token WHERE ?1 = '' OR server_id = ?1 OR server_id IN"
        " (SELECT id FROM connect_server WHERE name = ?1) ORDER BY id",
        (server,),
    )
    call.print_all(
        [
            {
                "id": row["id"],
                "name": row["name"],
                "state": row["state"],
                "issuer": account_id(call.conn),
                "audience": "com.1password.connect",
                "features": json.loads(row["features"]),
                "vaults": json.loads(row["vaults"]),
                "created_at": seconds_text(row["created_ms"]),
                "integration_id": row["server_id"],
            }
            for row in rows
        ]
    )


def rate_limits(call: Invocation) -> None:
    """What service accounts have used. `reset` is in seconds, 0 where nothing was used."""
    conn, now = call.conn, now_ms(call.conn)
    found = call.line.positionals[0] if call.line.positionals else call.caller.id
    row = conn.execute(
        "SELECT id FROM service_account WHERE id = ?1 OR name = ?1", (found,)
    ).fetchone()
    if row is None:
        raise Refused(f'"{found}" isn\'t a service account in this account.')
    rows: list[Printed] = []
    for kind, action, span, limit in (
        ("token", "write", 3_600_000, number(conn, "service_account_writes_per_hour")),
        ("token", "read", 3_600_000, number(conn, "service_account_reads_per_hour")),
        ("account", "read_write", 86_400_000, number(conn, "account_requests_per_day")),
    ):
        oldest, used = conn.execute(
            "SELECT min(at_ms), count(*) FROM service_account_use WHERE at_ms > ?"
            " AND (? = 'account' OR (account_id = ? AND action = ?))",
            (now - span, kind, row["id"], action),
        ).fetchone()
        rows.append(
            {
                "type": kind,
                "action": action,
                "limit": int(limit),
                "used": used,
                "remaining": max(0, int(limit) - used),
                "reset": (oldest + span - now) // 1000 if used else 0,
            }
        )
    call.print_all(rows)


def create_events_token(call: Invocation) -> None:
    """Prints a token of the Events API."""
    call.line.one()
    call.caller.must(rights.INTEGRATIONS)
    flags = call.line.flags
    features = flags.get("--features", "").split(",") if "--features" in flags else None
    lifetime = (
        go_seconds(flags["--expires-in"].replace("d", "h"), "--expires-in")
        * (24 if flags["--expires-in"].endswith("d") else 1)
        if "--expires-in" in flags
        else None
    )
    with call.change():
        token = new_events_token(
            call.conn, "https://events.1password.com", features, lifetime_s=lifetime
        )
    call.out.append(f"{token}\n")
