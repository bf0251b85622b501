"""`op group ...`"""

from keyturn_providers.simulated.onepassword import groups, rights
from keyturn_providers.simulated.onepassword.clock import seconds_text
from keyturn_providers.simulated.onepassword.op_program.invocation import Invocation
from keyturn_providers.simulated.onepassword.op_program.objects import (
    brief_group,
    find_group,
    find_user,
    find_vault,
    full_group,
)
from keyturn_providers.simulated.onepassword.op_program.user_commands import print_members
from keyturn_providers.simulated.onepassword.refusals import Refused, forbidden
from keyturn_providers.simulated.onepassword.switches import is_on


def list_groups(call: Invocation) -> None:
    """All, or those of a person, or those with direct access to a vault."""
    call.line.none()
    flags = call.line.flags
    if not call.caller.service:
        call.caller.must(rights.VIEW_PEOPLE)
    if "--user" in flags:
        rows = call.conn.execute(
            "SELECT team_group.* FROM team_group JOIN member ON group_id = id WHERE user_id = ?"
            " ORDER BY id",
            (find_user(call.conn, flags["--user"])["id"],),
        )
    elif "--vault" in flags:
        rows = call.conn.execute(
            "SELECT team_group.* FROM team_group JOIN vault_access"
            " ON kind = 'group' AND principal_id = id WHERE vault_id = ? ORDER BY id",
            (find_vault(call.conn, call.caller, flags["--vault"])["id"],),
        )
    else:
        rows = call.conn.execute("SELECT * FROM team_group ORDER BY id")
    call.print_all([brief_group(row) for row in rows])


def get_group(call: Invocation) -> None:
    """One, or each of those named on standard input."""
    if not call.caller.service:
        call.caller.must(rights.VIEW_PEOPLE)
    for target in call.targets():
        call.print(full_group(find_group(call.conn, target)))


def create_group(call: Invocation) -> None:
    """Makes a group. The answer says INACTIVE, every later one ACTIVE."""
    name, description = call.line.one(), call.line.flags.get("--description", "")
    call.caller.must(rights.GROUPS)
    with call.change():
        group_id = groups.create_group(call.conn, call.caller.actor, name, description)
        row = groups.group(call.conn, group_id)
    call.print(
        brief_group(row)
        | {
            "state": "INACTIVE",
            "updated_at": seconds_text(row["updated_ms"]),
            "type": row["type"],
        }
    )


def edit_groups(call: Invocation) -> None:
    """Renames or describes anew."""
    flags = call.line.flags
    call.caller.must(rights.GROUPS)
    for target in call.targets():
        group_id = find_group(call.conn, target)["id"]
        with call.change():
            groups.edit_group(
                call.conn,
                call.caller.actor,
                group_id,
                name=flags.get("--name"),
                description=flags.get("--description"),
            )


def delete_groups(call: Invocation) -> None:
    """Removes groups."""
    call.caller.must(rights.GROUPS)
    for target in call.targets():
        group_id = find_group(call.conn, target)["id"]
        with call.change():
            groups.delete_group(call.conn, call.caller.actor, group_id)


def list_members(call: Invocation) -> None:
    """Who is in a group, with their role."""
    if not call.caller.service:
        call.caller.must(rights.VIEW_PEOPLE)
    print_members(call, find_group(call.conn, call.line.one())["id"])


def grant_membership(call: Invocation) -> None:
    """Adds a member or makes a member a manager."""
    call.line.none()
    group_id, user_id = _pair(call)
    role = call.line.flags.get("--role", "member").upper()
    if role not in ("MEMBER", "MANAGER"):
        raise Refused(f'invalid argument "{role.lower()}" for "--role" flag')
    with call.change():
        groups.put_member(call.conn, call.caller.actor, group_id, user_id, role)


def revoke_membership(call: Invocation) -> None:
    """Takes somebody out of a group."""
    call.line.none()
    group_id, user_id = _pair(call)
    with call.change():
        groups.remove_member(call.conn, call.caller.actor, group_id, user_id)


def _pair(call: Invocation) -> tuple[str, str]:
    group = find_group(call.conn, call.line.required("--group"))
    user_id = str(find_user(call.conn, call.line.required("--user"))["id"])
    manages = groups.role_of(call.conn, group["id"], call.caller.id) == "MANAGER"
    if not manages:
        call.caller.must(rights.GROUPS)
    if group["type"] == "OWNERS" and not call.caller.owner:
        raise forbidden()
    if group["managed"] and is_on(call.conn, "op_refuses_managed"):
        raise forbidden()
    return str(group["id"]), user_id
