"""A rotation list as lines for people and as JSON for programs."""

from collections.abc import Sequence

from keyturn.cli.invocation import Answer, Json
from keyturn.decide.names import counted, listed
from keyturn.decide.rotation import Entry, OpenVault
from keyturn.decide.shared_rotation import SharedEntry
from keyturn.evidence.moments import in_zone
from keyturn.run.rotation import RotationFound
from keyturn.run.shared_rotation import SharedFound


def rotation_json(found: RotationFound) -> dict[str, Json]:
    """The whole list. `usage_known` is false where only what could be seen is known."""
    return {
        "person": found.leaver.name,
        "left_ms": found.leaver.leave.at_ms,
        "cut_ms": found.leaver.leave.cut_ms,
        "basis": list(found.leaver.basis),
        "usage_known": found.rotation.usage_known,
        "usage_since_ms": found.usage.since_ms,
        "usage_missing": list(found.usage.missing),
        "changes_not_seen_in": [vault.name for vault in found.unlisted],
        "open": len(found.rotation.open),
        "entries": [_entry_json(entry) for entry in found.rotation.entries],
    }


def shared_json(found: SharedFound) -> dict[str, Json]:
    """The one list of several, each entry with everybody `of` whom it is, and of each person what
    their own list rests on."""
    people: list[Json] = []
    for one in found.each:
        own = rotation_json(one)
        del own["entries"]
        people.append(own)
    return {
        "people": people,
        "changes_not_seen_in": [vault.name for vault in found.unlisted],
        "open": len(found.rotation.open),
        "entries": [
            {
                **_entry_json(one.entry),
                "of": [{"person": held.name, **_entry_json(held.entry)} for held in one.of],
            }
            for one in found.rotation.entries
        ],
    }


def _entry_json(entry: Entry) -> dict[str, Json]:
    return {
        "vault_id": entry.vault_id,
        "vault": entry.vault_name,
        "item_id": entry.item_id or None,
        "title": entry.title or None,
        "contact": entry.contact.words,
        "times": entry.times,
        "last_used_ms": entry.last_used_ms,
        "class": entry.urgency.value,
        "due_ms": entry.due_ms,
        "because": entry.because,
        "change_is_seen": entry.visible,
        "closed_ms": entry.closed_ms,
        "hint_ms": entry.hint_ms,
    }


def show_rotation(
    answer: Answer, found: RotationFound, zone: str, *, limit: int, now_ms: int
) -> None:
    """The list, most urgent first, and what it does not know."""
    entries = found.rotation.entries
    closed = len(entries) - len(found.rotation.open)
    answer.line(
        f"{found.leaver.name}: {counted(len(found.rotation.open), 'entry', 'entries')} to change, "
        f"{closed} changed since"
    )
    for words in found.leaver.basis:
        answer.line(f"? {words}")
    if not found.rotation.usage_known:
        answer.line(f"? what was used is not known: {listed(found.usage.missing)}")
        answer.line("? so this is what could be seen")
    else:
        for words in found.usage.missing:
            answer.line(f"? uses not known: {words}")
    _show_unlisted(answer, found.unlisted)
    answer.table(
        ["", "due", "class", "vault", "item", "why"],
        [_row(entry, zone, now_ms) for entry in entries[:limit]],
    )
    if len(entries) > limit:
        answer.line(f"and {len(entries) - limit} more: --limit shows them")


def show_shared_rotation(
    answer: Answer, found: SharedFound, zone: str, *, limit: int, now_ms: int
) -> None:
    """The one list of several, most urgent first, and what it does not know of whom."""
    entries = found.rotation.entries
    names = listed(one.leaver.name for one in found.each)
    answer.line(
        f"{names}: {counted(len(found.rotation.open), 'entry', 'entries')} to change, "
        f"{len(entries) - len(found.rotation.open)} changed since"
    )
    for words, of in found.doubts.items():
        answer.line(f"? {'' if len(of) == len(found.each) else f'{listed(of)}: '}{words}")
    _show_unlisted(answer, found.unlisted)
    answer.table(
        ["", "due", "class", "vault", "item", "who", "why"],
        [_shared_row(one, zone, now_ms) for one in entries[:limit]],
    )
    if len(entries) > limit:
        answer.line(f"and {len(entries) - limit} more: --limit shows them")


def _show_unlisted(answer: Answer, unlisted: Sequence[OpenVault]) -> None:
    if unlisted:
        names = listed(vault.name for vault in unlisted)
        answer.line(
            f"? whether items were changed cannot be seen in {names}: keyturn may not list its "
            "items; an entry there stays open"
        )


def _shared_row(one: SharedEntry, zone: str, now_ms: int) -> list[str]:
    *first, why = _row(one.entry, zone, now_ms)
    return [*first, ", ".join(one.names), why]


def _row(entry: Entry, zone: str, now_ms: int) -> list[str]:
    late = entry.open and entry.due_ms < now_ms
    hint = f"; perhaps changed {in_zone(entry.hint_ms, zone)}" if entry.hint_ms else ""
    changed = f"; changed {in_zone(entry.closed_ms, zone)}" if not entry.open else ""
    return [
        "!" if late else " " if entry.open else "=",
        in_zone(entry.due_ms, zone) if entry.open else "done",
        entry.urgency.value,
        entry.vault_name,
        entry.title or entry.item_id,
        f"{entry.because}{hint}{changed}",
    ]
