"""The page's section of what has to be rotated: most urgent first, by class and due time."""

from collections.abc import Sequence

from keyturn.decide.names import counted
from keyturn.evidence import page_parts as p
from keyturn.evidence.pack import Pack
from keyturn.evidence.pack_person import RotationEntryTold, RotationTold
from keyturn.evidence.page_parts import Html

_ROWS = 120


def rotation(pack: Pack) -> Html:
    """Section 5; nothing in evidence of a run that is about no person."""
    told = pack.rotation
    if pack.person is None:
        return ""
    closed = told.entries_in_all - told.open
    shown = told.entries[:_ROWS]
    rest = told.entries_in_all - len(shown)
    return p.section(
        "5  To be rotated",
        f"<p><b>{counted(told.open, 'entry', 'entries')} open, {closed} changed since.</b> "
        f"{p.prose(_since(told))}</p>",
        p.items(p.prose(f"{one[0].upper()}{one[1:]}.") for one in told.basis),
        _table(shown) if shown else "",
        f"<p>{rest} more are in leaver.json.</p>" if rest else "",
        *_lists("Not covered by the archive of usage events", told.missing),
        *_lists("Changes cannot be seen in", told.changes_not_seen_in),
        lead="Suspending erases no memory, no copy and no export. An entry closes when somebody "
        "else changed its item after the cut, and by nothing else. Ids and times only: no title, "
        "and never what is in an item.",
    )


def _since(told: RotationTold) -> str:
    listed = f" Items were last looked at {told.items_listed}." if told.items_listed else ""
    cut = f"The cut was done {told.cut}." if told.cut else "The cut is not known to be done."
    return f"{cut}{listed}"


def _lists(title: str, words: Sequence[str]) -> tuple[Html, ...]:
    return (f"<h3>{p.text(title)}</h3>", p.items(map(p.prose, words))) if words else ()


def _table(entries: Sequence[RotationEntryTold]) -> Html:
    return p.table(
        [
            ("class", "11%"),
            ("due (UTC)", "16%"),
            ("vault, item", "27%"),
            ("why", "16%"),
            ("last used (UTC)", "15%"),
            ("changed (UTC)", "15%"),
        ],
        map(_row, entries),
    )


def _row(one: RotationEntryTold) -> tuple[Html, ...]:
    look = "soft" if one.closed else "bad" if one.urgency == "same day" else ""
    sign = "✓ " if one.closed else ""
    item = p.id_(one.item) if one.item else p.text("everything else in it")
    used = f" ({one.times} ×)" if one.times else ""
    return (
        f'<b class="{look}">{sign}{p.text(one.urgency)}</b>',
        p.minute(one.due),
        f"{p.text(one.vault_name)}<br>{item}",
        f"{p.text(one.because)}{p.text(used)}",
        p.minute(one.last_used) if one.last_used else p.none("no use seen"),
        _changed(one),
    )


def _changed(one: RotationEntryTold) -> Html:
    if one.closed:
        by = f"<br>by {p.id_(one.closed_by)}" if one.closed_by else "<br>by whom is not told"
        return f'<span class="good">{p.minute(one.closed)}</span>{by}'
    if one.perhaps_changed:
        return f"perhaps {p.minute(one.perhaps_changed)}"
    if not one.change_is_seen:
        return p.none("cannot be seen")
    return p.none("not since the cut")
