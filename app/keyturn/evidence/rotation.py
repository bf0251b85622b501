"""What the leaver used and may remember: to be rotated. Ids and times, never what is in an item."""

from collections.abc import Iterable

from keyturn.evidence.moments import utc
from keyturn.evidence.pack import AccessTold, ItemTold, RotationTold
from keyturn.evidence.subject import Subject
from keyturn_providers.records import Side
from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import coverage, missing_between
from keyturn_storage.queries.events import Within, items_used, items_used_count

WINDOW_MS = 90 * 24 * 60 * 60 * 1000
_LIMIT = 1_000
USAGE_STREAM = "item usages"


def rotation_of(
    journal: Journal,
    subject: Subject,
    tenant: str,
    source: str,
    until_ms: int,
    access: Iterable[AccessTold],
) -> RotationTold:
    """The items used in the 90 days before `until_ms`, by the archive of usage events; without
    one, only what the leaver could see."""
    could_see = tuple(
        dict.fromkeys(f"{row.name} ({row.id})" for row in access if row.kind == "vault")
    )
    from_ms = until_ms - WINDOW_MS
    streams = [one for one in coverage(journal, source) if one.stream == USAGE_STREAM]
    if not streams:
        return RotationTold(
            basis="could see: no usage events of this source are archived, so that nobody can tell "
            "what was used. Rotate by vault.",
            from_=None,
            until=None,
            items=(),
            items_in_all=0,
            could_see=could_see,
            missing=(),
        )
    within = Within(from_ms, until_ms + 1, _LIMIT, tenant)
    used = [
        (one, user)
        for user in sorted(subject.ids.get(Side.SECRETS, ()))
        for one in items_used(journal, user, within)
    ]
    vaults = subject.world.secrets.vaults if subject.world else {}
    return RotationTold(
        basis="did use: items opened in the 90 days before the leave time, by the archived usage "
        "events, last used first. An event tells that a client reported a use; no event is no "
        "proof that an item was not seen.",
        from_=utc(from_ms),
        until=utc(until_ms),
        items=tuple(
            ItemTold(
                item=one.item_id,
                vault=one.vault_id,
                vault_name=vaults[one.vault_id].name if one.vault_id in vaults else None,
                last_used=utc(one.last_ms),
                times=one.times,
            )
            for one, _ in used
        ),
        items_in_all=sum(
            items_used_count(journal, user, within) for user in subject.ids.get(Side.SECRETS, ())
        ),
        could_see=could_see,
        missing=tuple(
            f"{utc(gap.from_ms) if gap.from_ms is not None else 'the beginning'} to "
            f"{utc(gap.until_ms)}: {gap.words}"
            for one in streams
            for gap in missing_between(one, from_ms, until_ms)
        ),
    )
