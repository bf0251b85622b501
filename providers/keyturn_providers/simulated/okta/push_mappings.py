"""The groups that an app pushes to its target."""

import json

from keyturn_providers.simulated.okta import group_records, paging
from keyturn_providers.simulated.okta.apps import find
from keyturn_providers.simulated.okta.events import Target, cause_of, emit
from keyturn_providers.simulated.okta.web import (
    Answer,
    Call,
    Document,
    document,
    invalid,
    not_found,
)

_MAPPING = (
    "m.id, m.app, g.id, m.target_id, m.status, m.error, m.last_push, m.created, m.last_updated"
)


def listed(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/group-push/mappings`."""
    app = find(call)[0]
    limit = paging.limit_of(call, 100, 1000)
    (after,) = paging.after_of(call, "mappings") or [""]
    rows = call.connection.execute(
        f"SELECT {_MAPPING} FROM push_mapping m JOIN grp g ON g.no = m.grp"  # noqa: S608 - a constant
        " WHERE m.app = ? AND m.id > ? AND (?3 = '' OR m.status = ?3) AND (?4 = '' OR g.id = ?4)"
        " ORDER BY m.id LIMIT ?5",
        (app, after, call.query.get("status", ""), call.query.get("sourceGroupId", ""), limit + 1),
    ).fetchall()
    return paging.page(
        call,
        "mappings",
        rows,
        limit,
        lambda row: [row[0]],
        lambda row: json.dumps(_mapping(call, *row)),
    )


def one(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/group-push/mappings/{mapping}`."""
    return document(_mapping(call, *_find_mapping(call)))


def change(call: Call) -> Answer:
    """`PATCH /api/v1/apps/{id}/group-push/mappings/{mapping}` with `{"status": …}`."""
    row, status = _find_mapping(call), call.json().get("status")
    if status not in ("ACTIVE", "INACTIVE"):
        raise invalid("status", "status: ACTIVE or INACTIVE")
    call.connection.execute(
        "UPDATE push_mapping SET status = ?, error = NULL, last_updated = ? WHERE id = ?",
        (status, call.at, row[0]),
    )
    word = "activate" if status == "ACTIVE" else "deactivate"
    emit(
        call.connection,
        cause_of(call),
        f"application.provision.group_push.{word}_mapping",
        Target("GroupPushMapping", str(row[0]), "unknown", str(row[0])),
        group_records.find(call.connection, str(row[2])).target(),
    )
    return document(_mapping(call, *_find_mapping(call)))


def _find_mapping(call: Call) -> tuple[str, ...]:
    row: tuple[str, ...] | None = call.connection.execute(
        f"SELECT {_MAPPING} FROM push_mapping m JOIN grp g ON g.no = m.grp"  # noqa: S608 - a constant
        " WHERE m.app = ? AND m.id = ?",
        (find(call)[0], call.parts["mapping"]),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["mapping"], "GroupPushMapping")
    return row


def _mapping(
    call: Call,
    number: str,
    app: str,
    source: str,
    target: str | None,
    status: str,
    error: str | None,
    last_push: str | None,
    created: str,
    updated: str,
) -> Document:
    shown: Document = {
        "id": number,
        "sourceGroupId": source,
        "status": status,
        "created": created,
        "lastUpdated": updated,
        "_links": {"app": {"href": f"{call.base}/api/v1/apps/{app}"}},
    }
    told = {"targetGroupId": target, "errorSummary": error, "lastPush": last_push}
    return shown | {name: value for name, value in told.items() if value}
