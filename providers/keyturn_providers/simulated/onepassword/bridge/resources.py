"""People and groups as the bridge shows them."""

from sqlite3 import Connection, Row

from keyturn_providers.simulated.onepassword.clock import seconds_text
from keyturn_providers.simulated.onepassword.people import SUSPENDED
from keyturn_providers.simulated.onepassword.refusals import Refused, bad_request, not_found
from keyturn_providers.simulated.onepassword.surface import Json

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_FILTERS = {"userName": "email", "displayName": "name", "externalId": "external_id"}


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
    rows = conn.execute("SELECT * FROM user WHERE type != 'GUEST' ORDER BY id").fetchall()
    return _filtered(rows, wanted)


def group_rows(conn: Connection, wanted: str) -> list[Row]:
    """The account's own groups, or those a filter names."""
    rows = conn.execute(
        "SELECT *, name AS email FROM team_group WHERE type = 'USER_DEFINED'"
        " AND name != 'Provision Managers' ORDER BY id"
    ).fetchall()
    return _filtered(rows, wanted)


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


def _filtered(rows: list[Row], wanted: str) -> list[Row]:
    if not wanted:
        return rows
    attribute, _, rest = wanted.strip().partition(" ")
    operator, _, value = rest.strip().partition(" ")
    value = value.strip()
    known = {name.casefold(): column for name, column in _FILTERS.items()}
    column = known.get(attribute.casefold())
    if column is None or operator.lower() != "eq" or not value.startswith('"'):
        raise Refused(f"the filter {wanted!r} is not supported", 400, "invalidFilter")
    sought = value.strip('"').replace('\\"', '"')
    if not sought:
        raise bad_request("the filter compares with nothing")
    if column == "external_id":
        return [row for row in rows if row[column] == sought]
    return [row for row in rows if str(row[column]).casefold() == sought.casefold()]
