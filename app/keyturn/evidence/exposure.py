"""The exposure window: how long a person could still get in after the moment they left.

One run has one window, from the leave time to the verified cut. Over several runs an undo, or what
came back by itself, opens another; they are added up, and none is forgotten.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from keyturn.decide.findings import ChangeKind
from keyturn.decide.steps import State
from keyturn.evidence.moments import minutes_between, utc
from keyturn.evidence.pack_person import ExposureTold, WindowTold
from keyturn.evidence.run_record import StepRecord
from keyturn_providers.records import Account

CUTS = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE})
NOT_DONE = frozenset({State.PLANNED, State.REFUSED})


@dataclass(frozen=True, slots=True)
class Returned:
    """That the account was found on again at `seen_ms` by a later look: since `since_ms` by the
    source's audit log, else at some time after it was last seen off."""

    seen_ms: int
    since_ms: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Span:
    """What one run has about an account in one source: the account as it was read at `read_ms` for
    the plan, the run's steps there, and what later looks at this run found."""

    number: int
    account: Account | None
    read_ms: int
    steps: tuple[StepRecord, ...]
    returned: tuple[Returned, ...] = ()

    @property
    def cuts(self) -> tuple[StepRecord, ...]:
        return tuple(x for x in self.steps if x.operation.change.kind in CUTS)

    @property
    def cut_ms(self) -> int | None:
        """When the first verified cut was verified."""
        return min((x.proven_ms for x in self.cuts if x.proven_ms is not None), default=None)

    @property
    def given_back_ms(self) -> int | None:
        """The earliest moment at which a step of the run may have brought the account back: when
        it was to be sent, whether or not anybody knows what came of it."""
        sent = (
            step.intent.first_ms
            for step in self.steps
            if step.operation.change.kind is ChangeKind.REACTIVATE
            and step.intent is not None
            and State(step.state) not in NOT_DONE
        )
        return min(sent, default=None)


def exposure(
    spans: Sequence[Span],
    left_ms: int | None,
    source: str,
    counting: Sequence[StepRecord] | None = None,
    put_back: int = 0,
) -> ExposureTold:
    """The windows in one source, from `left_ms` on. `spans` are the runs, oldest first; `counting`
    are the steps that say how a change stands, where those are not all, without the `put_back`
    ones.

    Without a leave time the cut is told, and no minutes.
    """
    steps = tuple(step for span in spans for step in span.steps) if counting is None else counting
    last_ms, unproven = _last(steps)
    whole_ms = last_ms if not unproven and not put_back else None
    last = utc(whole_ms) if whole_ms is not None else None
    last_minutes = (
        minutes_between(left_ms, whole_ms) if left_ms is not None and whole_ms is not None else None
    )
    rest = f" {unproven} of {len(steps)} steps here are not proven." if unproven else ""
    rest += f" {put_back} were put back by an undo." if put_back else ""
    course = _course(spans)
    told = [_window(one, left_ms) for one in course.windows]
    if len(course.windows) > 1:
        words, open_ = _several(told, source)
    else:
        words, open_ = _one(spans, course, left_ms, source)
    minutes = _sum(told) if course.off and left_ms is not None else None
    return ExposureTold(
        minutes=minutes,
        open=open_,
        at_most=any(one.at_most for one in course.windows),
        cut=told[-1].until if told else None,
        last_cut=last,
        last_minutes=last_minutes,
        words=words + rest,
        windows=tuple(told),
    )


@dataclass(frozen=True, slots=True)
class _Open:
    """A time in which the account was on; `from_ms` None for the first, which begins with the leave
    time. `at_most`: it may have begun later, or ended earlier."""

    from_ms: int | None
    until_ms: int | None
    because: str
    at_most: bool = False


@dataclass(slots=True)
class _Course:
    """`off` is whether the account is off now, as far as is proven."""

    windows: list[_Open] = field(default_factory=list)
    off: bool = False
    last_off_ms: int = 0

    def cut(self, at_ms: int, *, at_most: bool = False) -> None:
        self.last_off_ms = max(self.last_off_ms, at_ms)
        if not self.off:
            last = self.windows[-1]
            at_most = at_most or last.at_most
            self.windows[-1] = replace(last, until_ms=at_ms, at_most=at_most)
        self.off = True

    def back(self, from_ms: int, because: str, *, at_most: bool = False) -> None:
        if not self.off:
            return
        last = self.windows[-1]
        if last.until_ms is not None and last.until_ms > from_ms:
            # Its end was seen only after it had been opened anew.
            self.windows[-1] = replace(last, until_ms=from_ms)
        self.windows.append(_Open(from_ms, None, because, at_most))
        self.off = False


def _course(spans: Sequence[Span]) -> _Course:
    """When the account was on, run after run. Empty where nobody knows of an account to be cut."""
    known = any(span.account is not None or span.cuts for span in spans)
    course = _Course([_Open(None, None, "the leave time")] if known else [])
    for span in spans if known else ():
        # A plan may rest on a reading that is older than what another run did since.
        newer = span.read_ms > max(course.last_off_ms, course.windows[-1].from_ms or 0)
        if span.account is not None and newer and span.account.state.is_off:
            course.cut(span.read_ms, at_most=True)
        elif span.account is not None and newer and span.number > 1:
            because = f"it was on again when it was read for run {span.number}"
            course.back(course.last_off_ms, because, at_most=True)
        if span.cut_ms is not None:
            course.cut(span.cut_ms)
        if span.given_back_ms is not None:
            course.back(span.given_back_ms, f"run {span.number} brought it back")
        for found in sorted(span.returned, key=lambda one: one.seen_ms):
            by = f" by {found.by}" if found.by else ""
            because = f"it came back{by}, seen at {utc(found.seen_ms)}"
            from_ms = course.last_off_ms if found.since_ms is None else found.since_ms
            course.back(from_ms, because, at_most=found.since_ms is None)
    return course


def _window(one: _Open, left_ms: int | None) -> WindowTold:
    from_ms = left_ms if one.from_ms is None else one.from_ms
    if from_ms is not None and left_ms is not None:
        from_ms = max(from_ms, left_ms)
    known = from_ms is not None and one.until_ms is not None and left_ms is not None
    return WindowTold(
        from_=utc(from_ms) if from_ms is not None else None,
        until=utc(one.until_ms) if one.until_ms is not None else None,
        minutes=minutes_between(from_ms, one.until_ms)
        if known and from_ms is not None and one.until_ms is not None
        else None,
        because=one.because,
    )


def _sum(windows: Iterable[WindowTold]) -> int | None:
    minutes = [one.minutes for one in windows]
    return sum(x for x in minutes if x is not None) if None not in minutes else None


def _several(windows: Sequence[WindowTold], source: str) -> tuple[str, bool]:
    open_ = windows[-1].until is None
    total = _sum(windows)
    parts = "; ".join(_parts(windows))
    if open_:
        return f"Open again: the account in {source} was on {len(windows)} times: {parts}.", True
    in_all = f", {total} min in all" if total is not None else ""
    return f"The account in {source} was on {len(windows)} times{in_all}: {parts}.", False


def _parts(windows: Sequence[WindowTold]) -> Iterator[str]:
    for one in windows:
        from_ = f"from {one.from_} " if one.from_ else ""
        until = f"to the verified cut at {one.until}" if one.until else "with no end proven"
        minutes = f"{one.minutes} min " if one.minutes is not None else ""
        yield f"{minutes}{from_}{until} ({one.because})"


def _one(
    spans: Sequence[Span], course: _Course, left_ms: int | None, source: str
) -> tuple[str, bool]:
    """One window in words, and whether it is open."""
    if not course.windows:
        return f"No account of this person in {source} is known to this report.", False
    (window,) = course.windows
    off = next((x for x in spans if x.account is not None and x.account.state.is_off), None)
    cut = next((x for x in spans if x.cut_ms is not None), None)
    if window.until_ms is None:
        if any(span.cuts for span in spans):
            return f"Open: the cut of the account in {source} is not proven.", True
        state = next(x.account.state.value for x in spans if x.account is not None)
        return f"Open: the account in {source} was {state}, and no step cuts it.", True
    if off is not None and off.account is not None and (cut is None or off.number <= cut.number):
        return (
            f"The account was {off.account.state.value} already when it was read at "
            f"{utc(window.until_ms)}; since when is not known to this report."
        ), False
    return _closed(window.until_ms, left_ms), False


def _closed(cut_ms: int, left_ms: int | None) -> str:
    if left_ms is None:
        return f"Cut and verified at {utc(cut_ms)}. No leave time was stated, so no minutes."
    if cut_ms <= left_ms:
        before = minutes_between(cut_ms, left_ms)
        return f"Cut and verified {before} min before the leave time, at {utc(cut_ms)}."
    minutes = minutes_between(left_ms, cut_ms)
    return f"{minutes} min from leave time to verified cut at {utc(cut_ms)}."


def _last(steps: Sequence[StepRecord]) -> tuple[int | None, int]:
    """When the last step was verified, and how many are not."""
    found = [step.proven_ms for step in steps]
    proven = [at_ms for at_ms in found if at_ms is not None]
    return max(proven, default=None), len(found) - len(proven)
