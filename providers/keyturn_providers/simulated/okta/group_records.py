"""Groups as they are kept and as Okta shows them."""

import json
import sqlite3
from dataclasses import dataclass

from keyturn_providers.simulated.okta.events import Target
from keyturn_providers.simulated.okta.moments import moment
from keyturn_providers.simulated.okta.web import Call, Document, not_found

COLUMNS = "no, id, type, name, description, created, last_updated, last_membership_updated"
OF_G = ", ".join(f"g.{name.strip()}" for name in COLUMNS.split(","))
_CLASSES = {"OKTA_GROUP": "okta:user_group", "APP_GROUP": "okta:windows_security_principal"}


@dataclass(frozen=True, slots=True)
class Group:
    """One row."""

    no: int
    id: str
    type: str
    name: str
    description: str | None
    created: str
    last_updated: str
    last_membership_updated: str

    def target(self) -> Target:
        """The group in an event."""
        return Target("UserGroup", self.id, "unknown", self.name)


def find(connection: sqlite3.Connection, group_id: str) -> Group:
    """By id. Raises `Refused` (404) where there is none."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM grp WHERE id = ?",  # noqa: S608 - a constant
        (group_id,),
    ).fetchone()
    if row is None:
        raise not_found(group_id, "UserGroup")
    return Group(*row)


def shown(call: Call, group: Group) -> str:
    """The group as JSON."""
    own = f"{call.base}/api/v1/groups/{group.id}"
    made: Document = {
        "id": group.id,
        "created": group.created,
        "lastUpdated": group.last_updated,
        "lastMembershipUpdated": group.last_membership_updated,
        "objectClass": [_CLASSES.get(group.type, "okta:user_group")],
        "type": group.type,
        "profile": {"name": group.name, "description": group.description},
        "_links": {"users": {"href": f"{own}/users"}, "apps": {"href": f"{own}/apps"}},
    }
    if call.query.get("expand") == "stats":
        counts = call.connection.execute(
            "SELECT (SELECT count(*) FROM member WHERE grp = ?1),"
            " (SELECT count(*) FROM app_group WHERE grp = ?1),"
            " (SELECT count(*) FROM push_mapping WHERE grp = ?1)",
            (group.no,),
        ).fetchone()
        names = ("usersCount", "appsCount", "groupPushMappingsCount")
        stats = dict(zip(names, counts, strict=True)) | {"hasAdminPrivlege": False}
        made["_embedded"] = {"stats": stats}
    return json.dumps(made)


def touch(connection: sqlite3.Connection, now: float, group: Group) -> None:
    """Its membership changed."""
    connection.execute(
        "UPDATE grp SET last_membership_updated = ? WHERE no = ?", (moment(now), group.no)
    )
