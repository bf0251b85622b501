"""Whether the exposure windows of a bundle are ones that its steps, its later looks and its leave
time allow.

How an account was when it was read for a plan comes from the cache, and no line holds it: a window
that such a reading ends or begins, `at_most`, is taken as it is told.
"""

from collections.abc import Iterator, Mapping, Sequence

from keyturn.decide.findings import ChangeKind
from keyturn.decide.steps import State
from keyturn.evidence.against_later import Later
from keyturn.evidence.exposure import CUTS, NOT_DONE
from keyturn.evidence.moments import minutes_between, moment, utc
from keyturn.evidence.names_of_files import PACK
from keyturn.evidence.pack import Pack
from keyturn.evidence.pack_person import ExposureTold, SystemTold, WindowTold
from keyturn.evidence.pack_runs import StepTold
from keyturn.evidence.run_record import StepEntry, proven_ms
from keyturn.evidence.wrong import Wrong

Entries = Mapping[tuple[str, str], Sequence[StepEntry]]


def wrong_windows(pack: Pack, entries: Entries, later: Later) -> Iterator[Wrong]:
    """`entries` are those of each run and operation by the lines."""
    if pack.person is None:
        return
    for system in pack.systems:
        place = f"systems, {system.source}, exposure"
        told = system.exposure
        if not _adds_up(told, pack.case.left_at):
            yield Wrong(PACK, place, "its minutes or its end are not what its windows add up to")
        cuts = _cut_moments(pack, system, entries)
        ends = {utc(at_ms) for at_ms in cuts.values()} | {*_returns(pack, system, later)}
        ends |= {one.from_ for one in told.windows[1:]}
        if not told.at_most and any(one.until and one.until not in ends for one in told.windows):
            yield Wrong(PACK, place, "it ends where no cut is proven by the journal's lines")
        if len(told.windows) < 2 and _back_again(pack, system, cuts, later):
            yield Wrong(PACK, place, "the account was brought back later, and no window says so")


def _adds_up(told: ExposureTold, left_at: str | None) -> bool:
    windows = told.windows
    if not windows:
        return (told.minutes, told.open, told.cut) == (None, False, None)
    minutes = [one.minutes for one in windows]
    total = sum(x for x in minutes if x is not None) if None not in minutes else None
    if left_at is None or windows[-1].until is None:
        total = None
    first = windows[0].from_ == left_at
    return first and all(one.minutes == _minutes(one, left_at) for one in windows) and (
        told.minutes, told.open, told.cut
    ) == (total, windows[-1].until is None, windows[-1].until)  # fmt: skip


def _minutes(one: WindowTold, left_at: str | None) -> int | None:
    if left_at is None or one.from_ is None or one.until is None:
        return None
    return minutes_between(moment(one.from_), moment(one.until))


def _mine(pack: Pack, system: SystemTold) -> Iterator[StepTold]:
    """The steps that put the person's account there on or off."""
    about = f"{system.side} account {system.account_id}"
    return (one for one in pack.steps if one.about[:1] == (about,))


def _cut_moments(pack: Pack, system: SystemTold, entries: Entries) -> dict[int, int]:
    """When the first cut of each run was proven, by the run's number."""
    ids = {run.number: run.run for run in pack.runs}
    found: dict[int, int] = {}
    for step in pack.steps:
        there = step.about[0].startswith(f"{system.side} account ")
        if there and ChangeKind(step.kind) in CUTS:
            at_ms = proven_ms(entries.get((ids.get(step.run, ""), step.operation), ()))
            if at_ms is not None:
                found[step.run] = min(at_ms, found.get(step.run, at_ms))
    return found


def _returns(pack: Pack, system: SystemTold, later: Later) -> Iterator[str | None]:
    """When the account was put on again: a window whose end was proven later ends there."""
    on = (one for one in _mine(pack, system) if ChangeKind(one.kind) is ChangeKind.REACTIVATE)
    yield from (one.intended for one in on)
    for look in (one for looks in later.looks.values() for one in looks):
        yield from (utc(one.since_ms) for one in look.came_back if one.since_ms is not None)


def _back_again(pack: Pack, system: SystemTold, cuts: Mapping[int, int], later: Later) -> bool:
    """Whether a later step or somebody else put the account on after a proven cut."""
    numbers = {run.run: run.number for run in pack.runs}
    mine = {one.operation: one for one in _mine(pack, system)}
    for step in mine.values():
        on = ChangeKind(step.kind) is ChangeKind.REACTIVATE and step.sent
        sent = on and State(step.state.replace(" ", "_")) not in NOT_DONE
        if sent and any(number < step.run for number in cuts):
            return True
    return any(
        back.operation in mine and ChangeKind(mine[back.operation].kind) in CUTS
        for run_id, looks in later.looks.items()
        if numbers[run_id] in cuts
        for look in looks
        for back in look.came_back
    )
