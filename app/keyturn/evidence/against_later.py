"""Whether a bundle says of later looks, undos, decisions and blind spots what its own journal lines
and plans say."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from keyturn.decide.plans import PlanScope
from keyturn.decide.rechecks import CameBack, Recheck, kept_recheck, kept_recheck_of
from keyturn.decide.values import NotThatValue
from keyturn.evidence.case_record import DECISIONS, RECHECK, RECHECK_OF, back_now, told_rechecks
from keyturn.evidence.case_telling import later_words
from keyturn.evidence.moments import utc
from keyturn.evidence.names_of_files import PACK, PLAN, PLAN_MINIMISED, before_names
from keyturn.evidence.pack import Pack
from keyturn.evidence.pack_runs import UndoneTold
from keyturn.evidence.wrong import Wrong

Lines = Sequence[tuple[int, dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Later:
    """What the lines say of the time after the runs. `looks` are by run; `shared` are the runs in
    which several left, and of which no line keeps a look at this one person."""

    looks: Mapping[str, tuple[Recheck, ...]]
    shared: frozenset[str]
    last_began_ms: int

    @property
    def words_known(self) -> bool:
        """Whether the lines hold everything that may have come back."""
        return not self.shared

    @property
    def back(self) -> tuple[tuple[int, CameBack], ...]:
        """What is back by the last looks, with when it was seen."""
        return back_now(self.looks, self.last_began_ms)

    def words(self, pack: Pack) -> str:
        """What the verdict of the whole begins with."""
        return later_words(pack.undone, self.back)


def later_of(pack: Pack, lines: Lines, files: Mapping[str, bytes]) -> Later:
    """Works it out from the lines."""
    looks: dict[str, list[Recheck]] = {run.run: [] for run in pack.runs}
    own: dict[str, list[Recheck]] = {run.run: [] for run in pack.runs}
    began_ms = 0
    for _, content in lines:
        run_id = str(content.get("run"))
        if run_id not in looks:
            continue
        if content.get("kind") == "run":
            began_ms = _number(content.get("at_ms"))
        elif content.get("kind") == "note":
            kept, what = (own if content.get("what") == RECHECK_OF else looks), content.get("what")
            look = _look(str(what), str(content.get("body")), pack)
            kept[run_id] += [look] if look is not None else []
    plans = plans_in(files, len(pack.runs))
    several = frozenset(
        run.run
        for run, plain in zip(pack.runs, plans, strict=True)
        if run.scope in {PlanScope.OFFBOARD.value, PlanScope.MOVE.value}
        and "\n" in str(plain.get("subject_key"))
    )
    # With the whole chain the looks at all of them are shown too.
    looks |= {run: own[run] for run in several}
    shared = frozenset(run for run in several if not own[run])
    return Later({run: tuple(found) for run, found in looks.items()}, shared, began_ms)


def _look(what: str, body: str, pack: Pack) -> Recheck | None:
    """A later look at a run, or at what it did to this person; None for another's, and for another
    version's, which is not told either."""
    try:
        if what == RECHECK:
            return kept_recheck(body)
        one = kept_recheck_of(body) if what == RECHECK_OF else None
    except NotThatValue:
        return None
    mine = one is not None and pack.person is not None and one.person == pack.person.key
    return one.look if one is not None and mine else None


def plans_in(files: Mapping[str, bytes], runs: int) -> list[dict[str, object]]:
    """The plan of each run as the bundle has it; empty where it cannot be read."""
    return [_plan(files, before_names(number, runs)) for number in range(1, runs + 1)]


def _plan(files: Mapping[str, bytes], before: str) -> dict[str, object]:
    text = files.get(before + PLAN, files.get(before + PLAN_MINIMISED, b""))
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return plain if isinstance(plain, dict) else {}


def wrong_later(
    pack: Pack, lines: Lines, later: Later, files: Mapping[str, bytes]
) -> Iterator[Wrong]:
    """Everything of it that is told otherwise than the lines have it."""
    looks = {run: found for run, found in later.looks.items() if run not in later.shared}
    numbers = {run.run: run.number for run in pack.runs}
    if pack.rechecks != told_rechecks(looks, numbers):
        yield Wrong(PACK, "rechecks", "they are not the later looks that the journal's lines have")
    yield from _undone(pack, lines)
    yield from _since_in_words(pack, later)
    yield from _decided(pack, lines)
    yield from _whom(pack, files)
    spots = [plain.get("blind_spots") for plain in plans_in(files, len(pack.runs))]
    told = dict.fromkeys(one for found in spots if isinstance(found, list) for one in found)
    if pack.blind_spots != tuple(told):
        yield Wrong(PACK, "blind_spots", "they are not those of the plans")


def _since_in_words(pack: Pack, later: Later) -> Iterator[Wrong]:
    back, words = later.back, later.words(pack)
    more = pack.case.verdict.removeprefix(words).startswith(("UNDONE by run ", "CAME BACK, "))
    if not pack.case.verdict.startswith(words) or (more and later.words_known):
        told = "it does not begin with what the journal's lines say happened since"
        yield Wrong(PACK, "case.verdict", told)
    if pack.case.proven and (pack.undone or back):
        told = "it says that all is proven, and what was cut was undone or came back"
        yield Wrong(PACK, "case.proven", told)
    risks = set(pack.residual_risks)
    for at_ms in {at_ms for at_ms, _ in back}:
        found = [one for one in risks if one.startswith(f"Came back, seen at {utc(at_ms)}: ")]
        if len(found) < len({(one.words, one.why) for seen_ms, one in back if seen_ms == at_ms}):
            told = "not everything that came back by the journal's lines is among them"
            yield Wrong(PACK, "residual_risks", told)


def _whom(pack: Pack, files: Mapping[str, bytes]) -> Iterator[Wrong]:
    """Whether the plans put out, or moved, the person that it is said to be about."""
    put_out = {PlanScope.OFFBOARD.value, PlanScope.MOVE.value}
    for run, plain in zip(pack.runs, plans_in(files, len(pack.runs)), strict=True):
        keys = str(plain.get("subject_key")).split("\n")
        if run.scope in put_out and (pack.person is None or pack.person.key not in keys):
            yield Wrong(PACK, "person", f"it is nobody whom the plan of run {run.number} names")


def _undone(pack: Pack, lines: Lines) -> Iterator[Wrong]:
    """The line with which an undo begins names the run that it takes back."""
    known = {run.run for run in pack.runs}
    began: dict[str, UndoneTold] = {}
    state: dict[str, str] = defaultdict(str)
    taken: set[str] = set()
    for _, content in lines:
        run_id, kind = str(content.get("run")), content.get("kind")
        if kind == "run" and content.get("scope") == PlanScope.UNDO.value:
            at, operator = utc(_number(content.get("at_ms"))), str(content.get("operator"))
            began[run_id] = UndoneTold(run_id, at, operator, "")
            mine = pack.person is None or content.get("undoes_of", "") in {"", pack.person.key}
            if content.get("undoes") in known and mine:
                taken.add(run_id)
        if kind in {"run", "end"}:
            state[run_id] = str(content.get("state"))
    told = {one.run for one in pack.undone}
    for one in pack.undone:
        line = began.get(one.run)
        if line is None or (line.at, line.operator, state[one.run]) != (
            one.at,
            one.operator,
            one.state,
        ):
            yield Wrong(PACK, f"undone, run {one.run}", "the journal's lines have no such")
    for run_id in taken - told - known:
        yield Wrong(PACK, "undone", f"run {run_id}, which took one of these back, is missing")


def _decided(pack: Pack, lines: Lines) -> Iterator[Wrong]:
    """A bundle has every line of its case."""
    if pack.case.case is None:
        if pack.decided:
            yield Wrong(PACK, "decided", "something was decided, and in no case")
        return
    there = {
        (seq, str(content.get("what"))): utc(_number(content.get("at_ms")))
        for seq, content in lines
        if content.get("kind") == "case note" and content.get("case") == pack.case.case
    }
    told = {(one.entry, one.what) for one in pack.decided}
    for one in pack.decided:
        if there.get((one.entry, one.what)) != one.at:
            yield Wrong(PACK, f"decided, entry {one.entry}", "the journal's lines have no such")
    for entry, what in sorted(there.keys() - told):
        if what in DECISIONS:
            yield Wrong(PACK, "decided", f"entry {entry}, which decides something, is missing")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
