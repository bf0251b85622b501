"""The account permissions that groups carry, and what they let a person do.

Only `CREATE_VAULTS` is recorded from 1Password; the other spellings are made in its manner.
"""

from sqlite3 import Connection

CREATE_VAULTS = "CREATE_VAULTS"
VIEW_PEOPLE = "VIEW_PEOPLE"
PROVISION = "PROVISION_PEOPLE"
CONFIRM = "CONFIRM_PEOPLE"
SUSPEND = "SUSPEND_PEOPLE"
DELETE = "DELETE_PEOPLE"
RECOVER = "RECOVER_ACCOUNTS"
GROUPS = "MANAGE_ALL_GROUPS"
VAULTS = "MANAGE_ALL_VAULTS"
INTEGRATIONS = "MANAGE_INTEGRATIONS"
LOG = "VIEW_ACTIVITIES_LOG"
BILLING = "MANAGE_BILLING"

EVERYTHING = (
    CREATE_VAULTS,
    VIEW_PEOPLE,
    PROVISION,
    CONFIRM,
    SUSPEND,
    DELETE,
    RECOVER,
    GROUPS,
    VAULTS,
    INTEGRATIONS,
    LOG,
    BILLING,
)
BUILT_IN: dict[str, tuple[str, tuple[str, ...]]] = {
    "Owners": ("OWNERS", EVERYTHING),
    "Administrators": ("ADMINISTRATORS", tuple(r for r in EVERYTHING if r != BILLING)),
    "Security": ("SECURITY", (VIEW_PEOPLE, LOG, INTEGRATIONS)),
    "Team Members": ("TEAM_MEMBERS", (CREATE_VAULTS, VIEW_PEOPLE)),
    "Recovery": ("RECOVERY", (RECOVER, VIEW_PEOPLE)),
    "Provision Managers": ("USER_DEFINED", (PROVISION, CONFIRM, SUSPEND, RECOVER, VIEW_PEOPLE)),
}
"""Name -> type and account permissions of the groups 1Password makes itself."""


def rights_of(conn: Connection, user_id: str) -> frozenset[str]:
    """The account permissions a person has by their groups."""
    rows = conn.execute(
        "SELECT permissions FROM team_group JOIN member ON group_id = id WHERE user_id = ?",
        (user_id,),
    )
    return frozenset(name for row in rows for name in row[0].split(",") if name)


def is_owner(conn: Connection, user_id: str) -> bool:
    """Whether the person is in the Owners group."""
    row = conn.execute(
        "SELECT 1 FROM team_group JOIN member ON group_id = id"
        " WHERE user_id = ? AND type = 'OWNERS'",
        (user_id,),
    ).fetchone()
    return row is not None
