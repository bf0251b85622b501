"""How `op` finds the objects it is given, and how it prints them."""

from sqlite3 import Connection, Row

from keyturn_providers.simulated.onepassword import permissions
from keyturn_providers.simulated.onepassword.clock import seconds_text
from keyturn_providers.simulated.onepassword.ids import looks_like_id
from keyturn_providers.simulated.onepassword.op_program.caller import Caller
from keyturn_providers.simulated.onepassword.refusals import Refused, not_found
from keyturn_providers.simulated.onepassword.switches import is_on
from keyturn_providers.simulated.onepassword.vaults import reached_by

Printed = dict[str, object]


def find_user(conn: Connection, text: str) -> Row:
    """The user with this id, e-mail address or name."""
    rows = conn.execute("SELECT * FROM user WHERE id = ?", (text,)).fetchall()
    if not rows and looks_like_id(text) and text.isupper():
        raise not_found()
    rows = rows or conn.execute("SELECT * FROM user WHERE email = ?", (text,)).fetchall()
    rows = rows or conn.execute("SELECT * FROM user WHERE name = ?", (text,)).fetchall()
    return _only(
        rows,
        "user",
        text,
        "Specify the user with their UUID, email address, or name.",
    )


def find_group(conn: Connection, text: str) -> Row:
    """The group with this id or name."""
    rows = conn.execute("SELECT * FROM team_group WHERE id = ?", (text,)).fetchall()
    rows = rows or conn.execute("SELECT * FROM team_group WHERE name = ?", (text,)).fetchall()
    return _only(rows, "group", text, "Specify the group with its UUID or name.")


def find_vault(conn: Connection, caller: Caller, text: str) -> Row:
    """The vault with this id or name, if the caller can see it at all."""
    rows = conn.execute("SELECT * FROM vault WHERE id = ?", (text,)).fetchall()
    rows = rows or conn.execute("SELECT * FROM vault WHERE name = ?", (text,)).fetchall()
    seen = sight(conn, caller)
    rows = [row for row in rows if row["id"] in seen]
    return _only(rows, "vault", text, "Specify the vault with its ID or name.")


def sight(conn: Connection, caller: Caller) -> dict[str, int]:
    """What the caller may do on each vault they see. Owners and administrators manage every shared
    vault; the personal vaults of others nobody sees."""
    if caller.service:
        return {
            row[0]: row[1]
            for row in conn.execute(
                "SELECT vault_id, permissions FROM vault_access"
                " WHERE kind = 'service_account' AND principal_id = ?",
                (caller.id,),
            )
        }
    seen = reached_by(conn, caller.id)
    if "MANAGE_ALL_VAULTS" in caller.rights:
        for row in conn.execute("SELECT id FROM vault WHERE type != 'PERSONAL'"):
            seen[row[0]] = seen.get(row[0], 0) | permissions.MANAGE
    return seen


def brief_user(row: Row) -> Printed:
    """A user as listings print one."""
    return {key: row[key] for key in ("id", "name", "email", "type", "state")}


def full_user(conn: Connection, row: Row) -> Printed:
    """A user as `user get` prints one."""
    printed = brief_user(row) | {
        "created_at": seconds_text(row["created_ms"]),
        "updated_at": seconds_text(row["updated_ms"]),
    }
    if row["last_auth_ms"] is not None or is_on(conn, "never_as_year_one"):
        printed["last_auth_at"] = seconds_text(row["last_auth_ms"])
    return printed


def brief_group(row: Row) -> Printed:
    """A group as listings print one: an empty description is left out."""
    printed: Printed = {"id": row["id"], "name": row["name"]}
    if row["description"]:
        printed["description"] = row["description"]
    return printed | {"state": row["state"], "created_at": seconds_text(row["created_ms"])}


def full_group(row: Row) -> Printed:
    """A group as `group get` prints one."""
    return brief_group(row) | {
        "updated_at": seconds_text(row["updated_ms"]),
        "type": row["type"],
        "permissions": [name for name in row["permissions"].split(",") if name],
    }


def full_vault(row: Row) -> Printed:
    """A vault as `vault get` prints one."""
    printed: Printed = {"id": row["id"], "name": row["name"]}
    if row["description"]:
        printed["description"] = row["description"]
    return printed | {
        "type": row["type"],
        "attribute_version": row["attribute_version"],
        "content_version": row["content_version"],
        "items": row["items"],
        "created_at": seconds_text(row["created_ms"]),
        "updated_at": seconds_text(row["updated_ms"]),
    }


def permission_names(conn: Connection, mask: int) -> list[str]:
    """Permissions in the vocabulary of the account's plan."""
    plan = conn.execute("SELECT type FROM account").fetchone()[0]
    return permissions.names_of(mask, granular=plan == "BUSINESS")


def permission_mask(conn: Connection, text: str) -> int:
    """The bits of a comma list. Teams and Families know the broad names only."""
    plan = conn.execute("SELECT type FROM account").fetchone()[0]
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        known = name in permissions.BROAD or (plan == "BUSINESS" and name in permissions.BITS)
        if not known:
            raise Refused(f'"{name}" isn\'t a valid permission')
    if not names:
        raise Refused("no permissions given")
    return permissions.mask_of(names)


def _only(rows: list[Row], kind: str, text: str, how: str) -> Row:
    if not rows:
        raise Refused(f'"{text}" isn\'t a {kind} in this account. {how}')
    if len(rows) > 1:
        named = "\n".join(f"\t* for {row['name']}: {row['id']}" for row in rows)
        raise Refused(
            f'More than one {kind} matches "{text}". Try again and specify the {kind} by its ID:'
            f"\n{named}"
        )
    return rows[0]
