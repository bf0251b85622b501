"""All that is known of one source, as lines: what is wrong first, what is well last."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from keyturn.run.archive_words import covered_words, trouble_words
from keyturn.run.silence import allowed_words, silence_of
from keyturn.run.source_health import SIGNS, worst_first
from keyturn.tui.ages import age
from keyturn.tui.engine import Met
from keyturn.tui.safe import joined
from keyturn.tui.source_rows import COUNTED, Known, ReadSource
from keyturn.tui.widgets.paragraphs import Line
from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)
from keyturn_storage.rows import SnapshotInfo

BLANK = Line(joined(""))
_STYLES = {
    Condition.WRONG: "bold $urgent",
    Condition.WATCH: "bold $change",
    Condition.UNKNOWN: "bold $unknown",
    Condition.WELL: "$accent",
}
_TOPIC_WIDTH = 14
_HANG = 12 + _TOPIC_WIDTH
UNREADABLE_SHOWN = 5


def source_lines(known: Known, now_ms: int, asked_ms: int) -> Iterator[Line]:
    """The whole page of one source; `asked_ms` is when it was asked."""
    yield from _head(known, now_ms, asked_ms)
    if known.read is not None and known.read.row.error:
        yield _line((" ! ", "bold $urgent"), known.read.row.error, hang=3)
    yield from _checks(known.met)
    if known.read is not None:
        yield from _section("Read", _reading(known.read, now_ms))
    yield from _section("Not visible to keyturn", _blind_spots(known))
    if known.met is not None and not known.met.error:
        yield from _section("Abilities", _abilities(known.met))
        rates = [one for one in known.met.checks if one.topic is Topic.RATE]
        yield from _section("Rate budget", (_short(one) for one in rates))
        notes = (_line("   ", (note, "$quiet"), hang=3) for note in known.met.notes)
        yield from _section("Notes", notes)


def heading(words: str) -> Line:
    """The head of a section."""
    return _line((words, "bold $accent"), hang=0)


def _section(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    """A blank line, the title and the lines; nothing where there are none."""
    content = list(lines)
    if content:
        yield BLANK
        yield heading(title)
        yield from content


def _head(known: Known, now_ms: int, asked_ms: int) -> Iterator[Line]:
    met, read = known.met, known.read
    if read is not None:
        source = read.row.source
        where = f" at {met.address}" if met is not None and met.address else ""
        version = f", {met.version}" if met is not None and met.version else ""
        yield _line(
            f"{source.kind}, {source.side.value}{where}, tenant {source.tenant}{version}", hang=0
        )
    elif met is not None:
        yield _line(f"{met.kind} {met.version}, {met.side.value} at {met.address}", hang=0)
    if met is None:
        asks = " asks both sources who keyturn is there, and what it may do."
        yield _line(("Not asked yet. ", "$unknown"), ("c", "bold $accent"), asks, hang=0)
        return
    counts = Counter(one.condition for one in met.checks)
    tally = ", ".join(f"{counts[one]} {words}" for one, words in COUNTED.items() if counts[one])
    how_long = age(asked_ms, now_ms)
    when = "just now" if how_long.endswith("s") else f"{how_long} ago"
    said = any(met.own in one.words for one in met.checks if one.topic is Topic.TOKEN)
    who = f"; keyturn is {met.own} there" if met.own and not said else ""
    yield _line(f"asked {when}", (f": {tally}" if tally else "", "bold"), who, hang=0)


def _checks(met: Met | None) -> Iterator[Line]:
    if met is None:
        return
    if met.error:
        yield BLANK
        yield heading("Checks")
        yield _line((" ! wrong    ", "bold $urgent"), met.why or met.error, hang=12)
        if met.what:
            yield _line((" " * 12, ""), ("while ", "$quiet"), met.what, hang=12)
        if met.next_step:
            yield _line((" " * 12, ""), ("next: ", "bold"), met.next_step, hang=12)
        return
    own = frozenset(one.casefold() for one in (met.name, met.kind, f"{met.kind} server"))
    yield from _section("Checks", _check_lines(met.checks, own))


def _check_lines(checks: Sequence[Check], own: frozenset[str]) -> Iterator[Line]:
    """`own` are words for the source as a whole, which stands above and is named no more."""

    def told(about: Sequence[Check], words: str) -> Line:
        known = {*own, about[0].topic.value.casefold()}
        named = [one.subject for one in about if one.subject.casefold() not in known]
        return _check(about[0], f"{', '.join(named)}: {words}" if named else words)

    ordered = worst_first(checks)
    alike: dict[tuple[Condition, Topic, str, str], list[Check]] = {}
    for one in ordered:
        if one.condition is not Condition.WELL:
            alike.setdefault((one.condition, one.topic, one.words, one.hides), []).append(one)
    for (_, _, words, hides), same in alike.items():
        # Of several subjects at once the same is often said: once is enough.
        yield told(same, words)
        if hides:
            yield _line((" " * _HANG, ""), ("lost: ", "$quiet"), hides, hang=_HANG)
    well = [one for one in ordered if one.condition is Condition.WELL]
    for one in well:
        if one.topic not in {Topic.SCOPE, Topic.RATE}:
            yield told([one], one.words)
    scopes = [one for one in well if one.topic is Topic.SCOPE]
    if scopes:
        yield _check(scopes[0], f"{', '.join(one.subject for one in scopes)}: there.")


def _check(check: Check, words: str) -> Line:
    style = _STYLES[check.condition]
    sign, word = SIGNS[check.condition], check.condition.value
    topic = check.topic.value.ljust(_TOPIC_WIDTH)
    return _line((f" {sign} {word:<9}", style), (topic, "$quiet"), words, hang=_HANG)


def _short(check: Check) -> Line:
    style = _STYLES[check.condition]
    return _line((f" {SIGNS[check.condition]} ", style), f"{check.subject}: {check.words}", hang=3)


def _reading(read: ReadSource, now_ms: int) -> Iterator[Line]:
    row = read.row
    whole = ("✓ complete", "$accent") if row.complete else ("✗ incomplete", "bold $remove")
    yield _line(
        f"   {age(row.taken_ms, now_ms)} ago  ", whole,
        f"  {row.listings_complete} of {row.listings_total} listings  ",
        (f"{row.unreadable} unreadable", "bold $unknown" if row.unreadable else "$quiet"), hang=3,
    )  # fmt: skip
    counts = [(row.accounts, "account", "accounts"), (row.groups, "group", "groups"),
              (row.vaults, "vault", "vaults"), (row.grants, "grant", "grants"),
              (row.machines, "machine identity", "machine identities")]  # fmt: skip
    said = [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]
    if said:
        yield _line("   " + ", ".join(said), hang=3)
    if read.snapshot is not None:
        yield from _listings(read.snapshot)
    for collection, reason in read.unreadable[:UNREADABLE_SHOWN]:
        yield _line((" ? ", "bold $unknown"), f"{collection}: {reason}", hang=3)
    more = len(read.unreadable) - UNREADABLE_SHOWN
    if more > 0:
        yield _line(f"   and {more} more that could not be read", hang=3)
    yield from _silence(read, now_ms)
    if read.archived:
        yield _line(f"   {covered_words(read.archived, now_ms)}", hang=5)
    for trouble in trouble_words(read.archived, now_ms):
        yield _line((" ! ", "bold $urgent"), trouble, hang=3)


def _silence(read: ReadSource, now_ms: int) -> Iterator[Line]:
    """Whether the newest whole read is younger than the policy asks for."""
    if read.silence_ms is None:
        return
    silent = silence_of(read.row.source.name, read.whole_ms, read.silence_ms, now_ms)
    if silent is not None:
        yield _line((" ! ", "bold $urgent"), f"{silent.words(read.silence_ms)}.", hang=3)
    elif read.whole_ms is not None:
        at = age(read.whole_ms, now_ms)
        yield _line(f"   last read whole {at} ago; {allowed_words(read.silence_ms)}", hang=3)


def _listings(snapshot: SnapshotInfo) -> Iterator[Line]:
    """Every listing that is not complete by itself, first; then one line per collection."""
    by_collection: dict[str, list[tuple[str, int]]] = {}
    for listing in snapshot.listings:
        if listing.complete:
            found = by_collection.setdefault(listing.collection.value, [])
            found.append((listing.proof, listing.rows))
            continue
        parent = f" of {listing.parent_id}" if listing.parent_id else ""
        yield _line(
            (" ✗ ", "bold $remove"), f"{listing.collection.value}{parent}: ",
            listing.error or "ended without proof that it is whole", hang=3,
        )  # fmt: skip
    failed = [(rule, words) for rule, words in snapshot.invariants if words != "passed"]
    for rule, words in failed:
        yield _line((" ! ", "bold $urgent"), f"{rule}: {words}", hang=3)
    for collection, found in by_collection.items():
        rows = sum(count for _proof, count in found)
        listings = "" if len(found) == 1 else f" in {len(found)} listings"
        yield _line(
            (" ✓ ", "$accent"), f"{collection:<12} {rows:>7,}{listings}  ",
            (f"proof: {found[0][0]}", "$quiet"), hang=3,
        )  # fmt: skip
    if snapshot.invariants:
        passed = len(snapshot.invariants) - len(failed)
        yield _line(
            (" ✓ " if not failed else " ! ", "$accent" if not failed else "bold $urgent"),
            f"{passed} of {len(snapshot.invariants)} invariants passed", hang=3,
        )  # fmt: skip


def _blind_spots(known: Known) -> Iterator[Line]:
    """Those of the newest answer; else those that were there when it was read."""
    spots: tuple[str, ...] = known.read.row.blind_spots if known.read is not None else ()
    if known.met is not None and not known.met.error:
        spots = known.met.blind_spots
    for spot in spots:
        yield _line((" ? ", "bold $unknown"), spot, hang=3)


def _abilities(met: Met) -> Iterator[Line]:
    yield _line("   can     ", ", ".join(met.abilities) or "nothing", hang=11)
    if met.lacking:
        yield _line(("   cannot  ", "$quiet"), (", ".join(met.lacking), "$quiet"), hang=11)


def _line(*parts: str | tuple[str, str], hang: int = 5) -> Line:
    return Line(joined(*parts), hang)
