"""How somebody else sees the same in the system itself, without keyturn."""

_OKTA = (
    "GET /api/v1/users/{account} (status), GET /api/v1/users/{account}/groups, and "
    'GET /api/v1/logs?filter=target.id eq "{account}"'
)
_BY_KIND = {
    "okta": _OKTA,
    "onepassword": "op user get {account} --format json (state), op user list --group GROUP, "
    "op vault user list VAULT; the Events API's audit events with object_uuid {account}",
    "openbao": "bao read identity/entity/id/{account} (disabled, policies, group_ids); the audit "
    "device's file, lines with the ids of the events in events.ndjson",
    "scim": "GET /Users/{account} (active), GET /Groups?filter=members.value eq {account}",
}


def recipe(kind: str, account_id: str) -> str:
    """What to ask the source for, as an administrator or auditor of that system."""
    words = _BY_KIND.get(kind, "read the account {account} in the system's own console")
    return words.format(account=account_id or "ID")
