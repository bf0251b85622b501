"""Who brought something back, by the archived audit events: they are kept when the source has
forgotten them, and reading them asks nobody."""

from collections.abc import Mapping
from dataclasses import replace

from keyturn_providers.abilities import Sought
from keyturn_providers.onepassword.events.archived import (
    STREAM,
    archived_actions,
    archived_events,
)
from keyturn_providers.records import AuditEvent, PrincipalKind, SourceIdentity
from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import coverage, missing_between
from keyturn_storage.queries.edges import logged_changes
from keyturn_storage.stream_rows import StreamCoverage


def archived_back(
    journal: Journal, source: SourceIdentity, sought: Mapping[str, tuple[Sought, int | None]]
) -> dict[str, AuditEvent]:
    """The newest event of each of `sought`, by its name, where the archive has one and is whole
    from the moment at which the thing was last seen cut (with it; None: not known) up to its end.
    Nothing of the others: then the audit log has to be asked."""
    covered = _covered(journal, source)
    if covered is None or covered.whole_ms is None:
        return {}
    found: dict[str, AuditEvent] = {}
    for name, (one, held_ms) in sought.items():
        from_ms = max(one.not_before_ms, held_ms or 0)
        if from_ms > covered.whole_ms or missing_between(covered, from_ms, covered.whole_ms):
            continue
        events = archived_events(_raws(journal, source, one), replace(one, not_before_ms=from_ms))
        if events:
            found[name] = events[-1]
    return found


def _covered(journal: Journal, source: SourceIdentity) -> StreamCoverage | None:
    if source.kind != "onepassword":
        return None
    every = coverage(journal)
    mine = (one for one in every if (one.stream, one.tenant) == (STREAM, source.tenant))
    return next(mine, None)


def _raws(journal: Journal, source: SourceIdentity, sought: Sought) -> tuple[str, ...]:
    """The newest events that name the account; of what a group may do, those that name a vault."""
    group = sought.principal_kind is PrincipalKind.GROUP
    account_id = sought.account_id or sought.principal_id
    named = (
        [{"vault_id": vault_id} for vault_id in sought.vault_ids]
        if group
        else [{"user_id": account_id}]
        if account_id
        else []
    )
    return tuple(
        change.raw
        for one in named
        for change in logged_changes(
            journal, stream=STREAM, tenant=source.tenant, actions=archived_actions(sought), **one
        )
    )
