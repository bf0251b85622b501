"""Which membership or grant an audit event says was made, and by whom."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn_providers.onepassword.events.archived import STREAM as STREAM
from keyturn_providers.onepassword.events.payloads import audited
from keyturn_providers.records import PrincipalKind

MADE = {
    "join gm": PrincipalKind.ACCOUNT,
    "grant uva": PrincipalKind.ACCOUNT,
    "grant gva": PrincipalKind.GROUP,
}
"""The actions by which one is made, with who is let in: into a group, or into a vault."""


@dataclass(frozen=True, slots=True)
class MadeEdge:
    """`holder_id` was let into `target_id`, a group for a membership and else a vault. `by` is the
    name, address or id of whoever did it."""

    membership: bool
    holder_kind: PrincipalKind
    holder_id: str
    target_id: str
    by: str


def made_edge(action: str, raw: str) -> MadeEdge | None:
    """What an archived event says was made; None where it says nothing of the kind."""
    kind = MADE.get(action)
    if kind is None:
        return None
    try:
        entry = json.loads(raw)
    except ValueError:
        return None
    found = audited(entry) if isinstance(entry, Mapping) else None
    if found is None or not found.object_uuid or not found.aux_uuid:
        return None
    return MadeEdge(action == "join gm", kind, found.aux_uuid, found.object_uuid, found.actor)
