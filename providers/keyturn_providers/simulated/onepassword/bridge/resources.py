"""People and groups as the bridge shows them."""

from sqlite3 import Connection, Row

from keyturn_providers.simulated.onepassword.clock import seconds_text
from keyturn_providers.simulated.onepassword.people import SUSPENDED
from keyturn_providers.simulated.onepassword.refusals import Refused, not_found
from keyturn_providers.simulated.onepassword.surface import Json

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_USERS = {
    "": "SELECT * FROM user WHERE type != 'GUEST' ORDER BY id",
    "userName": "SELECT * FROM user WHERE type != 'GUEST' AND email = ?",
    "displayName": "SELECT * FROM user WHERE type != 'GUEST' AND name = ? COLLATE NOCASE",
    "externalId": "SELECT * FROM user WHERE type != 'GUEST' AND external_id = ?",
}
_OWN = "type = 'USER_DEFINED' AND name != 'Provision Managers'"
_GROUPS = {
    "": f"SELECT * FROM team_group WHERE {_OWN} ORDER BY id",  # noqa: S608 - constants
    "userName": "SELECT * FROM team_group WHERE id = ? AND 0",
    "displayName": f"SELECT * FROM team_group WHERE {_OWN} AND name = ? COLLATE NOCASE",  # noqa: S608
    "externalId": f"SELECT * FROM team_group WHERE {_OWN} AND external_id = ?",  # noqa: S608
}


def user_row(conn: Connection, user_id: str) -> Row:
    """A person the bridge knows: guests it does not."""
    row: Row | None = conn.execute(
        "SELECT * FROM user WHERE id = ? AND type != 'GUEST'", (user_id,)
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def group_row(conn: Connection, group_id: str) -> Row:
    """A group the bridge knows: the account's own ones only."""
    row: Row | None = conn.execute(
        "SELECT * FROM team_group WHERE id = ? AND type = 'USER_DEFINED'"
        " AND name != 'Provision Managers'",
        (group_id,),
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def user_rows(conn: Connection, wanted: str) -> list[Row]:
    """Everybody, or those a filter names."""
    column, sought = _wanted(wanted)
    return conn.execute(_USERS[column], (sought,) if column else ()).fetchall()


def group_rows(conn: Connection, wanted: str) -> list[Row]:
    """The account's own groups, or those a filter names."""
    column, sought = _wanted(wanted)
    return conn.execute(_GROUPS[column], (sought,) if column else ()).fetchall()


def user_resource(row: Row) -> Json:
    """A User. `active` says nothing about whether the person has ever signed in."""
    given, _, family = row["name"].partition(" ")
    shown: Json = {
        "schemas": [USER],
        "id": row["id"],
        "userName": row["email"],
        "active": row["state"] not in SUSPENDED,
        "displayName": row["name"],
        "name": {"formatted": row["name"], "givenName": given, "familyName": family},
        "emails": [{"value": row["email"], "primary": True}],
        "preferredLanguage": row["language"],
        "meta": {"resourceType": "User"},
    }
    if row["external_id"] is not None:
        shown["externalId"] = row["external_id"]
    return shown


def group_resource(conn: Connection, row: Row, *, members: bool) -> Json:
    """A Group; without the key `members` where there are none or they are not wanted."""
    shown: Json = {
        "schemas": [GROUP],
        "id": row["id"],
        "displayName": row["name"],
        "meta": {
            "resourceType": "Group",
            "created": seconds_text(row["created_ms"]),
            "lastModified": seconds_text(row["updated_ms"]),
        },
    }
    if row["external_id"] is not None:
        shown["externalId"] = row["external_id"]
    found = (
        conn.execute(
            "SELECT user_id FROM member WHERE group_id = ? ORDER BY user_id", (row["id"],)
        ).fetchall()
        if members
        else []
    )
    if found:
        shown["members"] = [
            {"value": one[0], "$ref": f"/scim/v2/Users/{one[0]}", "type": "User"} for one in found
        ]
    return shown


def _wanted(text: str) -> tuple[str, str]:
    """The attribute a filter is about and the value it must have; ("", "") without a filter."""
    if not text.strip():
        return "", ""
    attribute, _, rest = text.strip().partition(" ")
    operator, _, value = rest.strip().partition(" ")
    value = value.strip()
    known = {name.casefold(): name for name in _USERS}
    name = known.get(attribute.casefold())
    quoted = len(value) > 2 and value.startswith('"') and value.endswith('"')
    if not name or operator.lower() != "eq" or not quoted:
        raise Refused(f"the filter {text!r} is not supported", 400, "invalidFilter")
    return name, value[1:-1].replace('\\"', '"')
