"""The rotation list of a case as evidence tells it, from the journal alone."""

from collections.abc import Iterable
from dataclasses import replace

from keyturn.decide.rotation import Entry, Leave, OpenVault
from keyturn.evidence.moments import offset_minutes, utc
from keyturn.evidence.pack_person import AccessTold, RotationEntryTold, RotationTold
from keyturn.evidence.stated import Stated
from keyturn.evidence.subject import Subject
from keyturn.run.items_kept import ItemsSeen, items_kept
from keyturn.run.rotation import (
    NOT_KEPT,
    LeaverSeen,
    RotationFound,
    end_of_day,
    leaver_of_case,
    rotation_as_kept,
)
from keyturn_providers.records import Level, Side
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal

DAYS = 90
_SHOWN = 5_000
_NO_CASE = (
    "the run belongs to no case: it is counted from {since}, and no change of an item is seen"
)
_FROM_ACCESS = "what could be opened is what stands under access before and after"
_NEVER_LISTED = (
    "no items were listed for this case (keyturn rotation CASE lists them): whether one was "
    "changed is not known, and every entry is open"
)


def rotation_told(
    journal: Journal,
    subject: Subject,
    case: CaseRow | None,
    stated: Stated,
    tenant: str,
    access: Iterable[AccessTold],
    *,
    began_ms: int,
    last_ms: int,
) -> RotationTold:
    """The list of the person the evidence is about. `began_ms` and `last_ms` are the run's first
    moment and its last."""
    seen = items_kept(case) if case is not None else None
    leaver = _of_case(journal, case, stated) if case is not None else None
    if leaver is None:
        leaver = _without_case(subject, stated, tenant, began_ms)
    vaults = _could_open(access) if not leaver.vaults else ()
    if vaults:
        kept = tuple(words for words in leaver.basis if words != NOT_KEPT)
        leaver = replace(leaver, vaults=vaults, basis=(*kept, _FROM_ACCESS))
    until_ms = max(last_ms, seen.at_ms if seen is not None else 0)
    found = rotation_as_kept(journal, leaver, days=DAYS, until_ms=until_ms, seen=seen)
    return _told(found, seen)


def nobody() -> RotationTold:
    """What stands in evidence of a run that is about no person."""
    return RotationTold((), None, None, None, None, None, False, (), 0, 0, (), ())


def _of_case(journal: Journal, case: CaseRow, stated: Stated) -> LeaverSeen:
    zone = offset_minutes(case.facts.left_zone)
    leaver = leaver_of_case(journal, case, zone)
    if stated.left_ms is None or stated.left_ms == leaver.leave.at_ms:
        return leaver
    at_ms = stated.left_ms
    return replace(
        leaver,
        leave=replace(leaver.leave, at_ms=at_ms, day_end_ms=end_of_day(at_ms, zone)),
        basis=(*leaver.basis, "the leave time is the one stated with this report"),
    )


def _without_case(subject: Subject, stated: Stated, tenant: str, began_ms: int) -> LeaverSeen:
    since = "the stated leave time" if stated.left_ms is not None else "the beginning of the run"
    at_ms = stated.left_ms if stated.left_ms is not None else began_ms
    account_id = next(iter(sorted(subject.ids.get(Side.SECRETS, ()))), "")
    return LeaverSeen(
        name=subject.key,
        account_id=account_id,
        tenant=tenant,
        leave=Leave(at_ms, end_of_day(at_ms, 0), account_id, cut_ms=None),
        vaults=(),
        basis=(_NO_CASE.format(since=since),),
    )


def _could_open(access: Iterable[AccessTold]) -> tuple[OpenVault, ...]:
    """Each vault once, the widest way into it."""
    best: dict[str, OpenVault] = {}
    for row in access:
        level = Level(row.level) if row.level in set(Level) else Level.UNKNOWN
        known = best.get(row.id)
        if row.kind == "vault" and (known is None or level.rank > known.level.rank):
            best[row.id] = OpenVault(row.id, row.name, level)
    return tuple(best.values())


def _told(found: RotationFound, seen: ItemsSeen | None) -> RotationTold:
    leaver, entries = found.leaver, found.rotation.entries
    listed = () if seen is not None else (_NEVER_LISTED,)
    return RotationTold(
        basis=(_by_what(found), *leaver.basis, *listed),
        left=utc(leaver.leave.at_ms),
        cut=utc(leaver.leave.cut_ms) if leaver.leave.cut_ms is not None else None,
        from_=utc(found.usage.since_ms),
        until=utc(found.usage.until_ms),
        items_listed=utc(seen.at_ms) if seen is not None else None,
        usage_known=found.rotation.usage_known,
        entries=tuple(map(_entry, entries[:_SHOWN])),
        entries_in_all=len(entries),
        open=len(found.rotation.open),
        changes_not_seen_in=tuple(f"{vault.name} ({vault.id})" for vault in found.unlisted),
        missing=found.usage.missing if found.rotation.usage_known else (),
    )


def _by_what(found: RotationFound) -> str:
    if not found.rotation.usage_known:
        return (
            "could see: no usage events of this source are archived, so nobody can tell what was "
            "used; by vault, and by item where items were listed"
        )
    return (
        "could see and did use: items used in the 90 days before the leave time and since, by the "
        "archived usage events. No event is no proof that an item was not seen"
    )


def _entry(one: Entry) -> RotationEntryTold:
    return RotationEntryTold(
        item=one.item_id or None,
        vault=one.vault_id,
        vault_name=one.vault_name,
        contact=one.contact.words,
        times=one.times,
        last_used=utc(one.last_used_ms) if one.last_used_ms is not None else None,
        last_changed=utc(one.changed_ms) if one.changed_ms is not None else None,
        urgency=one.urgency.value,
        due=utc(one.due_ms),
        because=one.because,
        change_is_seen=one.visible,
        perhaps_changed=utc(one.hint_ms) if one.hint_ms is not None else None,
        closed=utc(one.closed_ms) if one.closed_ms is not None else None,
        closed_by=one.closed_by or None,
    )
