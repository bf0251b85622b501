"""Finds the read that stands for a time, and says what is not known around it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from keyturn.decide.rules import Rules
from keyturn.run.assess import Assessment, decide
from keyturn_storage.queries.moments import Moment, moment_at, moments
from keyturn_storage.queries.reader import Reader
from keyturn_storage.snapshots import Cache

_AGO = re.compile(r"(\d{1,6})\s*([mhdw])(?:\s*ago)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"#(\d{1,18})")
_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
LATEST = "latest"
HOW_TO_SAY = (
    "Say it as 2026-03-14 (the end of that day, UTC), 2026-03-14T10:30 (UTC, or with an offset "
    "such as +01:00), 7d (ago), #12 (the number in `keyturn history`) or latest."
)


class NotATime(Exception):
    """A text that names no time and no read."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text}: cannot tell when that is. {HOW_TO_SAY}")


class NothingKnownThen(Exception):
    """Nothing that can be shown was read at a time or before it."""

    def __init__(self, text: str, first: Moment | None) -> None:
        self.first = first
        known = (
            f"The first read of both sources began {utc(first.started_ms)}."
            if first is not None
            else "Both sources were never read: run `keyturn refresh`."
        )
        super().__init__(f"{text}: nothing is known of that time. {known}")


@dataclass(frozen=True, slots=True)
class AsOf:
    """The read that stands for a time: the newest that had ended by then. `after` is the next one;
    what was so between the two, nobody knows."""

    moment: Moment
    after: Moment | None
    pair: tuple[int, int]
    asked_ms: int

    @property
    def words(self) -> str:
        """When it was read, and what lies around it, in one or two sentences."""
        sides = ", ".join(
            f"{one.source} {utc(one.started_ms)}{'' if one.complete else ' NOT COMPLETE'}"
            for one in self.moment.then
            if one is not None
        )
        if self.after is None:
            return f"As of the last read: {sides}. What happened since is not known."
        return (
            f"As of {utc(self.asked_ms)}: {sides}. The next read began "
            f"{utc(self.after.started_ms)}; what was so between the two is not known."
        )


def utc(at_ms: int) -> str:
    """`2026-03-14 10:30 UTC`."""
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):
        return "at a time that is no date"


def time_of(text: str, now_ms: int) -> int:
    """UTC milliseconds of a text; see HOW_TO_SAY. Raises NotATime."""
    wanted = text.strip()
    ago = _AGO.fullmatch(wanted)
    if ago is not None:
        return now_ms - int(ago[1]) * _MS[ago[2]]
    try:
        at = datetime.fromisoformat(wanted)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        if _DAY.fullmatch(wanted):
            at += timedelta(days=1, milliseconds=-1)
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise NotATime(text) from None


def find_as_of(reader: Reader, text: str, now_ms: int) -> AsOf:
    """The read that a text means. Raises NotATime, or NothingKnownThen."""
    found = moments(reader)
    wanted = text.strip()
    number = _NUMBER.fullmatch(wanted)
    if number is not None:
        return _numbered(found, int(number[1]), wanted)
    at_ms = now_ms if wanted == LATEST else time_of(text, now_ms)
    before, after = moment_at(found, at_ms)
    if before is None or before.pair is None:
        raise NothingKnownThen(text, after)
    return AsOf(before, after, before.pair, at_ms)


def _numbered(found: Sequence[Moment], number: int, text: str) -> AsOf:
    for one in found:
        if one.no == number and one.pair is not None:
            return as_of_moment(found, one, one.pair)
    raise NotATime(text)


def as_of_moment(found: Sequence[Moment], moment: Moment, pair: tuple[int, int]) -> AsOf:
    """A read itself, with the one after it. `found` is newest first."""
    later = [one for one in found if one.pair is not None and one.started_ms > moment.started_ms]
    return AsOf(moment, later[-1] if later else None, pair, moment.ended_ms)


def assessment_as_of(cache: Cache, rules: Rules, as_of: AsOf) -> Assessment:
    """What was so then, judged by the policy of now. Stores nothing."""
    directory, secrets = as_of.pair
    return decide(cache.load(directory), cache.load(secrets), rules, as_of.asked_ms)
