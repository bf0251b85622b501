"""`op user ...`"""

from keyturn_providers.simulated.onepassword import people, rights
from keyturn_providers.simulated.onepassword.op_program.arguments import go_seconds
from keyturn_providers.simulated.onepassword.op_program.invocation import Invocation
from keyturn_providers.simulated.onepassword.op_program.objects import (
    brief_user,
    find_group,
    find_user,
    find_vault,
    full_user,
)
from keyturn_providers.simulated.onepassword.refusals import Refused, forbidden
from keyturn_providers.simulated.onepassword.switches import is_on
from keyturn_providers.simulated.onepassword.trail import record


def list_users(call: Invocation) -> None:
    """All, or those of a group with their role, or those with direct access to a vault."""
    call.line.none()
    _may_read(call)
    flags = call.line.flags
    if "--group" in flags:
        print_members(call, find_group(call.conn, flags["--group"])["id"])
        return
    if "--vault" in flags:
        vault_id = find_vault(call.conn, call.caller, flags["--vault"])["id"]
        rows = call.conn.execute(
            "SELECT user.* FROM user JOIN vault_access ON kind = 'user' AND principal_id = id"
            " WHERE vault_id = ? ORDER BY id",
            (vault_id,),
        )
    else:
        rows = call.conn.execute("SELECT * FROM user ORDER BY id")
    call.print_all([brief_user(row) for row in rows])


def print_members(call: Invocation, group_id: str) -> None:
    """Prints who is in a group, with their role."""
    rows = call.conn.execute(
        "SELECT user.*, role FROM user JOIN member ON user_id = id WHERE group_id = ? ORDER BY id",
        (group_id,),
    )
    call.print_all([brief_user(row) | {"role": row["role"]} for row in rows])


def get_user(call: Invocation) -> None:
    """One, or each of those named on standard input."""
    if "--me" in call.line.flags:
        call.line.none()
        call.print(full_user(call.conn, find_user(call.conn, call.caller.id)))
        return
    _may_read(call)
    for target in call.targets():
        call.print(full_user(call.conn, find_user(call.conn, target)))


def provision_user(call: Invocation) -> None:
    """Invites a person and prints them."""
    call.line.none()
    email, name = call.line.required("--email"), call.line.required("--name")
    call.caller.must(rights.PROVISION)
    with call.change():
        user_id = people.provision(
            call.conn,
            call.caller.actor,
            email,
            name,
            language=call.line.flags.get("--language", "en"),
        )
    # Where the change is taken back by a fault, the answer still looks as if it had been made.
    row = call.conn.execute("SELECT * FROM user WHERE id = ?", (user_id,)).fetchone()
    if row is not None:
        call.print(full_user(call.conn, row))
    else:
        call.print({"id": user_id, "name": name, "email": email, "state": "TRANSFER_PENDING"})


def confirm_users(call: Invocation) -> None:
    """Lets in one person, or with --all everybody who waits."""
    call.caller.must(rights.CONFIRM)
    if "--all" in call.line.flags:
        rows = call.conn.execute("SELECT id FROM user WHERE state = 'TRANSFER_ACCEPTED'")
        targets = [row["id"] for row in rows.fetchall()]
    else:
        targets = call.targets()
    for target in targets:
        user_id = find_user(call.conn, target)["id"]
        with call.change():
            people.confirm(call.conn, call.caller.actor, user_id)


def suspend_users(call: Invocation) -> None:
    """Suspends; the devices are cut off as much later as the flag says."""
    flag = "--deauthorize-devices-after"
    after = go_seconds(call.line.flags[flag], flag) if flag in call.line.flags else None
    call.caller.must(rights.SUSPEND)
    for target in call.targets():
        user_id = _changeable(call, target)
        with call.change():
            people.suspend(call.conn, call.caller.actor, user_id, devices_after_s=after)


def reactivate_users(call: Invocation) -> None:
    """Undoes a suspension."""
    call.caller.must(rights.SUSPEND)
    for target in call.targets():
        user_id = _changeable(call, target)
        with call.change():
            people.reactivate(call.conn, call.caller.actor, user_id)


def delete_users(call: Invocation) -> None:
    """Removes people and their data."""
    call.caller.must(rights.DELETE)
    for target in call.targets():
        user_id = _changeable(call, target)
        with call.change():
            people.delete(call.conn, call.caller.actor, user_id)


def edit_users(call: Invocation) -> None:
    """Changes the name or the travel mode."""
    flags = call.line.flags
    mode = flags.get("--travel-mode")
    if mode not in (None, "on", "off"):
        raise Refused(f'invalid argument "{mode}" for "--travel-mode" flag: must be on or off')
    for target in call.targets():
        user_id = _changeable(call, target)
        if user_id != call.caller.id:
            call.caller.must(rights.SUSPEND)
        with call.change():
            if "--name" in flags:
                people.rename(call.conn, call.caller.actor, user_id, flags["--name"])
            if mode:
                people.travel(call.conn, call.caller.actor, user_id, away=mode == "on")


def begin_recovery(call: Invocation) -> None:
    """Starts the recovery of accounts."""
    call.caller.must(rights.RECOVER)
    for target in call.line.positionals:
        user_id = find_user(call.conn, target)["id"]
        with call.change():
            call.conn.execute("UPDATE user SET state = 'RECOVERY_STARTED' WHERE id = ?", (user_id,))
            record(call.conn, call.caller.actor, "beginr", "user", user_id)


def _may_read(call: Invocation) -> None:
    if not call.caller.service:
        call.caller.must(rights.VIEW_PEOPLE)


def _changeable(call: Invocation, target: str) -> str:
    row = find_user(call.conn, target)
    if row["managed"] and is_on(call.conn, "op_refuses_managed"):
        raise forbidden()
    return str(row["id"])
