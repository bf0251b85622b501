"""`op vault ...` and `op item list`"""

from collections.abc import Callable

from keyturn_providers.simulated.onepassword import permissions, rights, vaults
from keyturn_providers.simulated.onepassword.clock import now_ms, seconds_text
from keyturn_providers.simulated.onepassword.op_program.invocation import Invocation
from keyturn_providers.simulated.onepassword.op_program.objects import (
    Printed,
    brief_group,
    brief_user,
    find_group,
    find_user,
    find_vault,
    full_vault,
    permission_mask,
    permission_names,
    sight,
)
from keyturn_providers.simulated.onepassword.op_program.recorded import RECORDED
from keyturn_providers.simulated.onepassword.refusals import Refused, forbidden
from keyturn_providers.simulated.onepassword.switches import is_on, number


def list_vaults(call: Invocation) -> None:
    """Those the caller can read; with --permission those on which they hold all of that, which for
    an owner and `manage_vault` is every shared vault."""
    call.line.none()
    flags, seen = call.line.flags, sight(call.conn, call.caller)
    if call.caller.service and ("--user" in flags or "--group" in flags):
        raise forbidden()
    wanted = permission_mask(call.conn, flags["--permission"]) if "--permission" in flags else 0
    shown = {
        vault_id
        for vault_id, mask in seen.items()
        if (mask & wanted == wanted if wanted else mask & permissions.VIEW)
    }
    if "--user" in flags or "--group" in flags:
        shown = set(seen) & _held(call)
    rows = call.conn.execute("SELECT * FROM vault ORDER BY id")
    call.print_all(
        [
            {key: row[key] for key in ("id", "name", "content_version")}
            for row in rows
            if row["id"] in shown
        ]
    )


def _held(call: Invocation) -> set[str]:
    flags = call.line.flags
    if "--user" in flags:
        user_id = find_user(call.conn, flags["--user"])["id"]
        if is_on(call.conn, "vault_list_user_with_groups"):
            return set(vaults.reached_by(call.conn, user_id))
        kind, principal_id = "user", user_id
    else:
        kind, principal_id = "group", find_group(call.conn, flags["--group"])["id"]
    rows = call.conn.execute(
        "SELECT vault_id FROM vault_access WHERE kind = ? AND principal_id = ?",
        (kind, principal_id),
    )
    return {row[0] for row in rows}


def get_vault(call: Invocation) -> None:
    """One, or each of those named on standard input."""
    for target in call.targets():
        call.print(full_vault(find_vault(call.conn, call.caller, target)))


def create_vault(call: Invocation) -> None:
    """Makes a vault."""
    flags = call.line.flags
    call.caller.must(rights.CREATE_VAULTS)
    for_admins = flags.get("--allow-admins-to-manage", "true") == "true"
    with call.change():
        vault_id = vaults.create_vault(
            call.conn,
            call.caller.actor,
            call.line.one(),
            flags.get("--description", ""),
            for_admins=for_admins,
        )
        if call.caller.service:
            call.conn.execute(
                "UPDATE vault_access SET kind = 'service_account'"
                " WHERE vault_id = ? AND principal_id = ?",
                (vault_id, call.caller.id),
            )
            call.conn.execute(
                "UPDATE vault SET owner_id = ? WHERE id = ?", (call.caller.id, vault_id)
            )
        row = vaults.vault(call.conn, vault_id)
    call.print(full_vault(row))


def edit_vaults(call: Invocation) -> None:
    """Renames or describes anew."""
    flags = call.line.flags
    for target in call.targets():
        vault_id = _manageable(call, target)[0]
        with call.change():
            vaults.edit_vault(
                call.conn,
                call.caller.actor,
                vault_id,
                name=flags.get("--name"),
                description=flags.get("--description"),
            )


def delete_vaults(call: Invocation) -> None:
    """Removes vaults."""
    for target in call.targets():
        vault_id = _manageable(call, target)[0]
        with call.change():
            vaults.delete_vault(call.conn, call.caller.actor, vault_id)


def list_user_access(call: Invocation) -> None:
    """Who was given access directly."""
    for target in call.targets():
        rows = call.conn.execute(
            "SELECT user.*, permissions FROM user JOIN vault_access"
            " ON kind = 'user' AND principal_id = id WHERE vault_id = ? ORDER BY id",
            (find_vault(call.conn, call.caller, target)["id"],),
        )
        call.print_all([_with_permissions(call, brief_user(row), row[-1]) for row in rows])


def list_group_access(call: Invocation) -> None:
    """Which groups were given access."""
    for target in call.targets():
        rows = call.conn.execute(
            "SELECT team_group.*, vault_access.permissions FROM team_group JOIN vault_access"
            " ON kind = 'group' AND principal_id = id WHERE vault_id = ? ORDER BY id",
            (find_vault(call.conn, call.caller, target)["id"],),
        )
        call.print_all([_with_permissions(call, brief_group(row), row[-1]) for row in rows])


def _with_permissions(call: Invocation, printed: Printed, mask: int) -> Printed:
    if call.caller.service:
        return printed
    return printed | {"permissions": permission_names(call.conn, mask)}


def grant_user(call: Invocation) -> None:
    """Gives a person permissions on a vault."""
    _grant(call, "user")


def grant_group(call: Invocation) -> None:
    """Gives a group permissions on a vault."""
    _grant(call, "group")


def revoke_user(call: Invocation) -> None:
    """Takes a person's permissions on a vault."""
    _revoke(call, "user")


def revoke_group(call: Invocation) -> None:
    """Takes a group's permissions on a vault."""
    _revoke(call, "group")


def _grant(call: Invocation, kind: str) -> None:
    call.line.none()
    mask = permission_mask(call.conn, call.line.required("--permissions"))
    vault_id, name = _manageable(call, call.line.required("--vault"))
    principal = _FIND[kind](call, call.line.required(f"--{kind}"))
    _refuse_haste(call)
    with call.change():
        vaults.grant(call.conn, call.caller.actor, vault_id, kind, str(principal["id"]), mask)
    _print_access(call, vault_id, name, kind, principal, mask)


def _revoke(call: Invocation, kind: str) -> None:
    call.line.none()
    given = call.line.flags.get("--permissions")
    mask = None if given is None else permission_mask(call.conn, given)
    vault_id, name = _manageable(call, call.line.required("--vault"))
    principal = _FIND[kind](call, call.line.required(f"--{kind}"))
    _refuse_haste(call)
    principal_id = str(principal["id"])
    held = vaults.held_by(call.conn, vault_id, kind, principal_id)
    if call.caller.service and mask is not None and mask & held != held:
        raise Refused(vaults.NO_PERMISSIONS)
    with call.change():
        vaults.revoke(call.conn, call.caller.actor, vault_id, kind, principal_id, mask)
    _print_access(call, vault_id, name, kind, principal, held if mask is None else mask & held)


def _print_access(
    call: Invocation, vault_id: str, name: str, kind: str, principal: Printed, mask: int
) -> None:
    if not call.wants_json:
        return
    second = "email" if kind == "user" else "name"
    call.print(
        {
            "vault_id": vault_id,
            "vault_name": name,
            f"{kind}_id": principal["id"],
            f"{kind}_{second}": principal[second],
            "permissions": ",".join(permission_names(call.conn, mask)),
        }
    )


def _refuse_haste(call: Invocation) -> None:
    most = number(call.conn, "vault_changes_per_minute")
    if not most or call.caller.service:
        return
    done = call.conn.execute(
        "SELECT count(*) FROM op_call WHERE at_ms > ? AND exit_code = 0"
        " AND (command GLOB 'vault * grant *' OR command GLOB 'vault * revoke *')",
        (now_ms(call.conn) - 60_000,),
    ).fetchone()[0]
    if done >= most:
        raise Refused(RECORDED["rate-limited"][0])


def _manageable(call: Invocation, text: str) -> tuple[str, str]:
    row = find_vault(call.conn, call.caller, text)
    if call.caller.service:
        if row["owner_id"] != call.caller.id:
            raise forbidden()
    elif not sight(call.conn, call.caller)[row["id"]] & permissions.MANAGE:
        raise forbidden()
    return str(row["id"]), str(row["name"])


_FIND: dict[str, Callable[[Invocation, str], Printed]] = {
    "user": lambda call, text: dict(find_user(call.conn, text)),
    "group": lambda call, text: dict(find_group(call.conn, text)),
}


def list_items(call: Invocation) -> None:
    """What is in a vault, without any secret. It needs to be readable, not only managed."""
    call.line.none()
    vault = find_vault(call.conn, call.caller, call.line.required("--vault"))
    if not sight(call.conn, call.caller)[vault["id"]] & permissions.VIEW:
        raise forbidden()
    rows = call.conn.execute("SELECT * FROM item WHERE vault_id = ? ORDER BY id", (vault["id"],))
    call.print_all(
        [
            {
                "id": row["id"],
                "title": row["title"],
                "version": row["version"],
                "vault": {"id": vault["id"], "name": vault["name"]},
                "category": row["category"],
                "last_edited_by": row["last_edited_by"],
                "created_at": seconds_text(row["created_ms"]),
                "updated_at": seconds_text(row["updated_ms"]),
            }
            for row in rows
        ]
    )
