"""All that is known of one line of the Activity screen: what happened, why, what to try first."""

from collections.abc import Iterator, Mapping, Sequence

from keyturn.tui.activity_rows import Happened
from keyturn.tui.ages import age, moment
from keyturn.tui.causes import Cause, Failure
from keyturn.tui.plan_words import BLANK, PROVEN, STATE_LOOK
from keyturn.tui.safe import joined
from keyturn.tui.widgets.paragraphs import Line
from keyturn_storage.queries.activity import ExchangeRow, PushLine, ReadLine, RunLine
from keyturn_storage.rows import SnapshotInfo, StepRow

HANG = 13
NAMED = 12
LISTINGS_NAMED = 20


def cause_lines(
    cause: Cause, exchanges: Mapping[str, tuple[ExchangeRow, ...]], now_ms: int
) -> Iterator[Line]:
    """The cause, the first thing to try, everything it has hit, and what was asked and answered."""
    who = f"{cause.source}: " if cause.source else ""
    sign, look = ("~ ", "bold $change") if cause.decided else ("! ", "bold $urgent")
    yield Line(joined((sign, look), (f"{who}{cause.why}", "bold")), hang=2)
    yield _line("try first", (cause.first, "bold $accent"))
    if cause.open:
        what = "1 step is" if cause.open == 1 else f"{cause.open} steps are"
        yield _line("open", f"{what} open: ", ("R", "bold $accent"), " reads again, then goes on")
    again = [failure for failure in cause.failures if failure.can_be_retried]
    if again:
        rest = ", then the others of this cause" if len(again) > 1 else ""
        yield _line("try again", ("T", "bold $accent"), f" plans one of them anew{rest}")
    yield _line("newest", *_when(cause.at_ms, now_ms))
    yield BLANK
    for failure in cause.failures[:NAMED]:
        yield Line(joined(("  ✗ ", "bold $urgent"), failure.what), hang=4)
    yield from _more(len(cause.failures) - NAMED)
    words = dict.fromkeys(failure.words for failure in cause.failures if _more_said(cause, failure))
    if words:
        yield BLANK
    for said in list(words)[:3]:
        yield Line(joined(("  said: ", "$quiet"), said), hang=8)
    for failure in cause.failures:
        if failure.operation_id in exchanges:
            yield BLANK
            yield from exchange_lines(exchanges[failure.operation_id])
            return


def _more_said(cause: Cause, failure: Failure) -> bool:
    """Whether an error said more than who, what, why and what next, which stand above already."""
    left, what = failure.words, failure.what.replace(": ", " – ")
    for known in filter(None, (cause.why, cause.first, what, cause.source)):
        left = left.replace(known, "", 1)
    return bool(left.strip(" :.,"))


def exchange_lines(rows: Sequence[ExchangeRow], indent: int = 2) -> Iterator[Line]:
    """What was asked and answered, for the vendor's support; no header or credential is kept."""
    space = " " * indent
    for row in rows:
        status = "no answer" if row.status is None else str(row.status)
        failed = row.status is None or row.status >= 400 or (row.method == "op" and row.status)
        look = "bold $urgent" if failed else "$accent"
        code = (f"  {row.code}", "bold") if row.code else ""
        yield Line(joined((f"{space}asked: ", "$quiet"), f"{row.method} {row.path}  ",
                          (status, look), code), hang=indent + 7)  # fmt: skip
        if row.request_id:
            yield Line(joined((f"{space}   id: ", "$quiet"), row.request_id), hang=indent + 7)
        if row.excerpt:
            yield Line(joined((f"{space} body: ", "$quiet"), row.excerpt), hang=indent + 7)


def run_lines(
    run: RunLine,
    steps: Sequence[StepRow],
    names: Mapping[str, str],
    exchanges: Mapping[str, tuple[ExchangeRow, ...]],
    now_ms: int,
) -> Iterator[Line]:
    """Who ran what and when, then its steps, those that failed first."""
    sign, style = ("! ", "bold $urgent") if run.state != "ended" else ("  ", "")
    yield Line(joined((sign, style), (run.title, "bold")), hang=2)
    yield _line("state", (run.state, "bold"), f": {run.done} of {run.steps} read back as wanted",
                (f", {run.troubled} failed or without proof" if run.troubled else "",
                 "bold $urgent"))  # fmt: skip
    if run.state != "ended":
        again = " resumes: it reads again before anything is sent"
        if run.state == "broken off":
            again = f"{again}. Nobody works on it now"
        yield _line("try first", ("R", "bold $accent"), again)
    yield _line("begun", f"{age(run.started_ms, now_ms)} ago by {run.operator}",
                (f", {moment(run.started_ms)}", "$quiet"))  # fmt: skip
    if run.ended_ms is not None:
        yield _line("ended", *_when(run.ended_ms, now_ms))
    yield _line("run", run.id, (f", plan {run.plan_id}, {run.scope}", "$quiet"))
    yield BLANK
    for step in steps:
        yield from _step(step, names)
        if step.operation_id in exchanges and step.state != "verified":
            yield from exchange_lines(exchanges[step.operation_id], indent=18)
    yield from _more(run.steps - len(steps))


def _step(step: StepRow, names: Mapping[str, str]) -> Iterator[Line]:
    state = step.state.replace("_", " ")
    glyph, style = STATE_LOOK.get(state, ("·", "$quiet"))
    indent, name = " " * 18, names.get(step.operation_id) or step.words
    yield Line(joined((f" {glyph} {state:<10} ", style), (f"{step.number:>2}  ", "$quiet"), name),
               hang=18)  # fmt: skip
    if step.verdict:
        look = "$accent" if step.verdict in PROVEN else "bold $change"
        yield Line(joined(indent, (step.verdict, look)), hang=18)
    if step.words and step.words != name:
        yield Line(joined(indent, (step.words, "$quiet")), hang=18)
    if step.error and step.error != step.words:
        yield Line(joined(indent, ("why: ", "bold $urgent"), step.error), hang=18)


def read_lines(read: ReadLine, snapshot: SnapshotInfo | None, now_ms: int) -> Iterator[Line]:
    """How a source was read, and each listing that is not whole."""
    yield Line(joined((f"{read.source}, {read.side}", "bold")))
    yield _line("read", *_when(read.started_ms, now_ms))
    if read.state == "reading":
        yield _line("outcome", "it is being read, or the reading was cut off")
    elif read.state == "abandoned":
        yield _line("outcome", ("✗ failed", "bold $urgent"), ": nothing of it was kept")
    elif read.complete:
        whole = f": {read.listings} listings, each proven to its end"
        yield _line("outcome", ("✓ complete", "$accent"), whole)
    else:
        partly = f": {read.incomplete} of {read.listings} listings; it takes nothing from anybody"
        yield _line("outcome", ("✗ incomplete", "bold $remove"), partly)
    if read.unreadable:
        yield _line("odd", (f"{read.unreadable} records could not be understood", "bold $unknown"))
    if read.why:
        yield _line("why", read.why)
    if snapshot is None:
        return
    cut = [one for one in snapshot.listings if not one.complete]
    for listing in cut[:LISTINGS_NAMED]:
        of = f" of {listing.parent_id}" if listing.parent_id else ""
        yield Line(joined(("  ✗ ", "bold $remove"), f"{listing.collection.value}{of}: ",
                   listing.error or "ended without proof that it is whole"), hang=4)  # fmt: skip
    yield from _more(len(cut) - LISTINGS_NAMED)
    for rule, words in snapshot.invariants:
        if words != "passed":
            yield Line(joined(("  ! ", "bold $urgent"), f"{rule}: {words}"), hang=4)


def push_lines(push: PushLine, now_ms: int) -> Iterator[Line]:
    """What the directory does not tell the secret manager, why, and who can mend it."""
    sign, style = ("! ", "bold $urgent") if push.off else ("~ ", "bold $change")
    stands = f"{push.source} does not push the {push.kind} {push.name}: {push.state}."
    yield Line(joined((sign, style), (stands, "bold")), hang=2)
    yield _line("why", push.error or f"{push.source} calls it {push.said}, and no more")
    if push.kind == "account":
        means = "what changes about them does not reach the secret manager, nor that they leave"
    else:
        means = "neither who joins nor who leaves it reaches the secret manager"
    if push.off:
        means = "they are switched off in the directory, and the secret manager is not told"
    yield _line("means", means)
    mend = f"Mend it in {push.source}'s own console, then push it again there."
    yield _line("try first", (mend, "bold $accent"))
    if push.at_ms is not None:
        yield _line("changed", *_when(push.at_ms, now_ms))


def beyond_lines(happened: Happened) -> Iterator[Line]:
    """What is shown of all there is."""
    beyond = happened.beyond
    for count, shown, what in (
        (beyond.runs, len(happened.runs), "runs"),
        (beyond.reads, len(happened.reads), "reads"),
        (beyond.failures, len(happened.troubled), "steps that failed"),
        (beyond.pushes, len(happened.pushes), "pushes that stand"),
    ):
        if count:
            yield _line(what[:11].strip(), f"{shown:,} of {shown + count:,} {what} are shown")
    if beyond.runs or beyond.reads:
        yield _line("enter", "on the last line shows more runs and reads")


def _when(at_ms: int, now_ms: int) -> tuple[str, tuple[str, str]]:
    return f"{age(at_ms, now_ms)} ago", (f", {moment(at_ms)}", "$quiet")


def _more(count: int) -> Iterator[Line]:
    if count > 0:
        yield Line(joined((f"    and {count:,} more", "$quiet")))


def _line(name: str, *parts: str | tuple[str, str]) -> Line:
    return Line(joined((f"  {name:<11}", "$quiet"), *parts), hang=HANG)
