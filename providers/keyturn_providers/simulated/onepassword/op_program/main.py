"""Runs one `op` command line against a tenant's file."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.due import catch_up
from keyturn_providers.simulated.onepassword.op_program import (
    account_commands,
    group_commands,
    user_commands,
    vault_commands,
)
from keyturn_providers.simulated.onepassword.op_program.arguments import Line, understand
from keyturn_providers.simulated.onepassword.op_program.caller import (
    Panic,
    charge,
    service_account,
    signed_in,
)
from keyturn_providers.simulated.onepassword.op_program.faults import strike
from keyturn_providers.simulated.onepassword.op_program.invocation import (
    FaultRefusal,
    Invocation,
    die,
)
from keyturn_providers.simulated.onepassword.refusals import Refused, forbidden
from keyturn_providers.simulated.onepassword.schema import connect

VERSION = "2.39.0"
STATE_VARIABLE = "KEYTURN_SIMULATED_OP_STATE"

Command = Callable[[Invocation], None]
COMMANDS: dict[str, tuple[Command, tuple[str, ...]]] = {
    "whoami": (account_commands.whoami, ()),
    "signin": (account_commands.sign_in, ("--raw", "--force", "-f")),
    "account get": (account_commands.get_account, ()),
    "account list": (account_commands.list_accounts, ()),
    "user list": (user_commands.list_users, ("--group=", "--vault=")),
    "user get": (user_commands.get_user, ("--me",)),
    "user provision": (user_commands.provision_user, ("--email=", "--name=", "--language=")),
    "user confirm": (user_commands.confirm_users, ("--all",)),
    "user suspend": (user_commands.suspend_users, ("--deauthorize-devices-after=",)),
    "user reactivate": (user_commands.reactivate_users, ()),
    "user delete": (user_commands.delete_users, ()),
    "user edit": (user_commands.edit_users, ("--name=", "--travel-mode=")),
    "user recovery begin": (user_commands.begin_recovery, ()),
    "group list": (group_commands.list_groups, ("--user=", "--vault=")),
    "group get": (group_commands.get_group, ()),
    "group create": (group_commands.create_group, ("--description=",)),
    "group edit": (group_commands.edit_groups, ("--name=", "--description=")),
    "group delete": (group_commands.delete_groups, ()),
    "group user list": (group_commands.list_members, ()),
    "group user grant": (group_commands.grant_membership, ("--group=", "--user=", "--role=")),
    "group user revoke": (group_commands.revoke_membership, ("--group=", "--user=")),
    "vault list": (vault_commands.list_vaults, ("--user=", "--group=", "--permission=")),
    "vault get": (vault_commands.get_vault, ()),
    "vault create": (
        vault_commands.create_vault,
        ("--description=", "--icon=", "--allow-admins-to-manage="),
    ),
    "vault edit": (vault_commands.edit_vaults, ("--name=", "--description=", "--icon=")),
    "vault delete": (vault_commands.delete_vaults, ()),
    "vault user list": (vault_commands.list_user_access, ()),
    "vault group list": (vault_commands.list_group_access, ()),
    "vault user grant": (
        vault_commands.grant_user,
        ("--vault=", "--user=", "--permissions=", "--no-input"),
    ),
    "vault user revoke": (
        vault_commands.revoke_user,
        ("--vault=", "--user=", "--permissions=", "--no-input"),
    ),
    "vault group grant": (
        vault_commands.grant_group,
        ("--vault=", "--group=", "--permissions=", "--no-input"),
    ),
    "vault group revoke": (
        vault_commands.revoke_group,
        ("--vault=", "--group=", "--permissions=", "--no-input"),
    ),
    "item list": (vault_commands.list_items, ("--vault=", "--include-archive", "--long")),
    "connect server list": (account_commands.list_servers, ()),
    "connect token list": (account_commands.list_tokens, ("--server=",)),
    "service-account ratelimit": (account_commands.rate_limits, ()),
    "events-api create": (account_commands.create_events_token, ("--expires-in=", "--features=")),
}
_NEEDS_NOBODY = frozenset({"signin", "account list"})
_FOR_SERVICE_ACCOUNTS = frozenset(
    {
        "whoami", "account get", "user list", "user get", "group list", "group get",
        "group user list", "vault list", "vault get", "vault create", "vault delete",
        "vault user list", "vault group list", "vault user grant", "vault user revoke",
        "vault group grant", "vault group revoke", "item list", "service-account ratelimit",
    }
)  # fmt: skip
_SECRET_FLAGS = ("--session",)
_CONNECT = (
    "cannot use this command with OP_CONNECT_HOST and OP_CONNECT_TOKEN set: Connect only serves"
    " items. Unset them and try again."
)


def main(argv: list[str], environment: Mapping[str, str], stdin: bytes | None = None) -> int:
    """Runs one command line; the exit code. `stdin` is what was read of it already."""
    state, argv = state_of(argv, environment)
    if "-" in argv and stdin is None:
        stdin = sys.stdin.buffer.read()
    code, out, err = answer(state, argv, environment, stdin or b"")
    # Always UTF-8, whatever the locale that is left in a scrubbed environment.
    sys.stdout.buffer.write(out)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(err)
    if code is None:
        die()
    return code or 0


def answer(
    state: str, argv: list[str], environment: Mapping[str, str], stdin: bytes
) -> tuple[int | None, bytes, bytes]:
    """What one command line comes to: the exit code, and what is printed on both outputs. No code:
    the process is to die once it has printed that."""
    if "--version" in argv or "-v" in argv:
        return 0, f"{VERSION}\n".encode(), b""
    if not state or not os.path.exists(state):  # noqa: PTH110 - pathlib is slow to import
        return 1, b"", _complaint(f"no tenant: give --state FILE or set {STATE_VARIABLE}")
    conn = connect(state)
    try:
        return _answer(conn, argv, environment, stdin.decode("utf-8", "replace"))
    finally:
        conn.close()


def _answer(
    conn: Connection, argv: list[str], environment: Mapping[str, str], stdin: str
) -> tuple[int | None, bytes, bytes]:
    call_no = _note(conn, argv, stdin)
    try:
        catch_up(conn)
        call = _run(conn, call_no, argv, environment, stdin)
    except Panic as panic:
        _finish(conn, call_no, 2, "panic")
        return 2, b"", f"panic: {panic}\n\ngoroutine 1 [running]:\n".encode()
    except Refused as refused:
        code, text = _worded(refused)
        _finish(conn, call_no, code, text)
        return code, b"", _complaint(text)
    _finish(conn, call_no, 0, "")
    printed = "".join(call.out)
    if "cut" in call.faults:
        return None, printed[: len(printed) // 2].encode("utf-8", "replace"), b""
    return 0, printed.encode("utf-8", "replace"), b""


def _run(
    conn: Connection, call_no: int, argv: list[str], environment: Mapping[str, str], stdin: str
) -> Invocation:
    line = understand(argv, {name: flags for name, (_, flags) in COMMANDS.items()})
    conn.execute("UPDATE op_call SET command = ? WHERE seq = ?", (_full(line), call_no))
    call = Invocation(conn, line, environment, stdin)
    call.faults = strike(conn, _full(line))
    if environment.get("OP_CONNECT_HOST") or environment.get("OP_CONNECT_TOKEN"):
        raise Refused(_CONNECT)
    _refuse_other_account(conn, line.flags.get("--account") or environment.get("OP_ACCOUNT", ""))
    if line.command not in _NEEDS_NOBODY:
        _authenticate(call)
    COMMANDS[line.command][0](call)
    return call


def _authenticate(call: Invocation) -> None:
    service = service_account(call.conn, call.environment)
    if service is None:
        try:
            call.caller = signed_in(call.conn, call.environment, call.line.flags)
        except Refused as refused:
            if call.line.command == "whoami" and "not currently signed in" in refused.text:
                raise Refused("account is not signed in") from refused
            raise
        return
    call.caller = service
    used = call.conn.execute(
        "SELECT used FROM service_account WHERE id = ?", (service.id,)
    ).fetchone()[0]
    if call.line.command == "whoami" and not used:
        raise Refused("service account token set, but not authenticated yet")
    call.conn.execute("UPDATE service_account SET used = 1 WHERE id = ?", (service.id,))
    if call.line.command not in _FOR_SERVICE_ACCOUNTS:
        raise forbidden()
    if call.line.command != "service-account ratelimit":
        charge(call.conn, service, "read")


def _refuse_other_account(conn: Connection, wanted: str) -> None:
    row = conn.execute("SELECT id, domain FROM account").fetchone()
    wanted = wanted.removeprefix("https://").rstrip("/")
    signed_in_user = conn.execute(
        "SELECT value FROM setting WHERE name = 'signed_in_user'"
    ).fetchone()[0]
    domain = row["domain"]
    if wanted and wanted not in (row["id"], domain, domain.partition(".")[0], signed_in_user):
        raise Refused(f"no account found for filter {wanted}")


def state_of(argv: list[str], environment: Mapping[str, str]) -> tuple[str, list[str]]:
    """The tenant's file, and the command line without it."""
    if argv[:1] == ["--state"]:
        return (argv[1] if len(argv) > 1 else ""), argv[2:]
    return environment.get(STATE_VARIABLE, ""), argv


def _full(line: Line) -> str:
    flags = (
        f"{name} {value}".strip()
        for name, value in line.flags.items()
        if name not in _SECRET_FLAGS and name not in ("--format", "--account")
    )
    return " ".join((line.command, *line.positionals, *flags))


def _note(conn: Connection, argv: list[str], stdin: str) -> int:
    shown = [word if argv[n - 1 : n] != ["--session"] else "***" for n, word in enumerate(argv)]
    shown = [word if not word.startswith("--session=") else "--session=***" for word in shown]
    cursor = conn.execute(
        "INSERT INTO op_call (at_ms, command, arguments, standard_input, error)"
        " VALUES (?, '', ?, ?, '')",
        (now_ms(conn), json.dumps(shown), stdin),
    )
    return cursor.lastrowid or 0


def _finish(conn: Connection, call_no: int, code: int, error: str) -> None:
    conn.execute(
        "UPDATE op_call SET exit_code = ?, error = ? WHERE seq = ?", (code, error, call_no)
    )


def _worded(refused: Refused) -> tuple[int, str]:
    if isinstance(refused, FaultRefusal):
        return refused.exit_code, refused.text
    if refused.status is None:
        return 1, refused.text
    return 4, f"({refused.status}) {refused.reason}: {refused.text}"


def _complaint(text: str) -> bytes:
    line = f"[ERROR] {time.strftime('%Y/%m/%d %H:%M:%S')} {text}\n"
    return line.encode("utf-8", "replace")
