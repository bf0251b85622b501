"""The tenant's switches: what 1Password does differently from account to account, or is not known.

Each has a default; tests set another with `set_switch`. Stored as JSON in the tenant's file.
"""

import json
from sqlite3 import Connection

Value = bool | int | float | str | list[str] | dict[str, str]

DEFAULTS: dict[str, Value] = {
    # op
    "signed_in": True,
    "session_expired": False,
    "empty_stdout": True,  # a listing without rows prints nothing instead of []
    "vault_list_user_with_groups": True,  # `vault list --user` also names vaults had by a group
    "never_as_year_one": True,  # last_auth_at of who never signed in; otherwise the key is absent
    "op_refuses_managed": False,  # (403) for people and groups that provisioning manages
    "service_account_reads_per_hour": 10_000,
    "service_account_writes_per_hour": 1_000,
    "account_requests_per_day": 50_000,
    "vault_changes_per_minute": 0,  # beyond it a person is rate-limited; 0 is no limit
    # people
    "invitation_days": 5,
    "accepts_after_s": -1.0,  # invited people sign up by themselves this much later; below 0 never
    # the bridge
    "provisioning_on": True,
    "hosted": False,  # 1Password's own: people are confirmed at once
    "confirmation_interval_s": 300,
    "shuffled": True,  # another order of resources at every listing
    "members_in_list": False,
    "patch_answers_204": False,
    "stopped_reports": [],  # sources of /health that do not run any more
    "report_states": {},  # source of /health -> another state than "healthy"
    # the Users API
    "pending_in_users_api": True,  # with STATE_UNSPECIFIED; otherwise they are not listed
    # the Events API
    "audit_delay_s": 0.0,
    "events_days": 120,
    "duplicates": False,  # the last event of a page comes again as the first of the next
    "empty_pages": False,  # every page with has_more is followed by an empty one with has_more
    "cursors_refused": False,
    "new_error_body": False,  # {"status", "message"} instead of {"Error": {"Message"}}
}


def switch(conn: Connection, name: str) -> Value:
    """The switch's value. KeyError for one that does not exist."""
    default = DEFAULTS[name]
    row = conn.execute("SELECT value FROM switch WHERE name = ?", (name,)).fetchone()
    if row is None:
        return default
    value: Value = json.loads(row[0])
    return value


def is_on(conn: Connection, name: str) -> bool:
    """A switch that is either on or off."""
    return bool(switch(conn, name))


def number(conn: Connection, name: str) -> float:
    """A switch that is a number."""
    value = switch(conn, name)
    if not isinstance(value, int | float):
        raise TypeError(f"{name} is not a number")
    return value


def set_switch(conn: Connection, name: str, value: Value) -> None:
    """Sets a switch. KeyError for one that does not exist."""
    if name not in DEFAULTS:
        raise KeyError(name)
    conn.execute("INSERT OR REPLACE INTO switch VALUES (?, ?)", (name, json.dumps(value)))
