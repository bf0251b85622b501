"""A plan and its run as lines to read: what, to whom, with which side effects; what stands open."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from keyturn.decide.names import counted
from keyturn.decide.order import STAGE_TITLES, Stage
from keyturn.decide.plans import Operation, Plan, Verdict
from keyturn.decide.skipping import SKIPPED, skipped
from keyturn.decide.steps import ProofVerdict
from keyturn.tui.ages import age, elapsed
from keyturn.tui.safe import joined
from keyturn.tui.widgets.paragraphs import Line

if TYPE_CHECKING:
    from keyturn.decide.findings import Change
    from keyturn.tui.case_desk import Share

VERDICT_LOOK = {
    Verdict.ALLOW: ("✓", "$accent"),
    Verdict.ASK: ("?", "$change"),
    Verdict.REFUSE: ("✗", "bold $urgent"),
}
STATE_LOOK: Mapping[str, tuple[str, str]] = {
    "planned": ("·", "$quiet"),
    "intended": ("…", "bold $accent"),
    "applied": ("→", "bold $accent"),
    "already so": ("=", "$quiet"),
    "verified": ("✓", "bold $accent"),
    "refused": ("✗", "bold $urgent"),
    "unknown": ("?", "bold $unknown"),
    "not seen": ("!", "bold $urgent"),
    "given up": ("!", "bold $urgent"),
}
PROVEN = frozenset({ProofVerdict.EFFECTIVE_LOGGED.value, ProofVerdict.LOGGED.value})
BLANK = Line(joined(""))
PAGE = 100
"""So many changes are shown at once: drawing thousands would hold up every key for seconds."""


@dataclass(frozen=True, slots=True)
class StepSeen:
    """How far one operation has come. Times are None until it has begun."""

    state: str
    words: str = ""
    verdict: str = ""
    began_ms: int | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A change that was left out by hand: in this plan already, or once it is made anew."""

    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanText:
    """The lines of a page of a plan. `places` are where its rows begin, by their number: each
    operation in its order, then each change that was skipped in this plan."""

    lines: list[Line]
    places: Mapping[int, int]


def plan_text(
    plan: Plan,
    steps: Mapping[str, StepSeen],
    now_ms: int,
    note: str = "",
    *,
    skips: "Mapping[Change, LeftOut]" = MappingProxyType({}),
    cursor: int | None = None,
    shares: "Sequence[Share]" = (),
    gone: "AbstractSet[Change]" = frozenset(),
    page: int = 0,
) -> PlanText:
    """The plan with one page of its changes, and the state of each step where a run has begun.
    `skips` are left out, those that are `gone` in this plan already; the row number `cursor` is
    marked. `shares` are told first where there are several."""
    lines = list(_head(plan, note, begun=bool(steps)))
    if len(shares) > 1:
        lines += [BLANK, _line((f"Who leaves: {len(shares)}", "bold $accent"))]
        lines += [_share(plan, share, steps) for share in shares]
    places: dict[int, int] = {}
    _put_operations(lines, places, plan, steps, now_ms, skips, cursor, page)
    left_out = [left for change, left in skips.items() if change in gone]
    if left_out:
        lines += [BLANK, _line((f"Skipped: {len(left_out)}", "bold $accent"))]
    for number, left in enumerate(left_out, start=len(plan.operations)):
        here = cursor == number
        places[number] = len(lines)
        lines.append(
            _row(here, ("○ ", "bold $change"), left.words, (f"  {left.reason}", "$quiet"), hang=3)
        )
    lines += [
        *_guards(plan), *_left_alone(plan), *_unseen(plan), *_snapshots(plan, now_ms),
    ]  # fmt: skip
    return PlanText(lines, places)


def counts_words(plan: Plan) -> str:
    """ "6 operations: 2 suspend, 4 revoke"."""
    kinds: dict[str, int] = {}
    for operation in plan.operations:
        kinds[operation.change.kind.value] = kinds.get(operation.change.kind.value, 0) + 1
    total = len(plan.operations)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return f"{total} operation{'' if total == 1 else 's'}" + (f": {listed}" if listed else "")


def _head(plan: Plan, note: str, *, begun: bool) -> Iterator[Line]:
    yield _line((f"{counts_words(plan)}.", "bold"), (f" {note}." if note else "", "$change"))
    if not begun:
        yield _line((f"Plan {plan.id}. Nothing has been done yet.", "$quiet"))


def _share(plan: Plan, share: "Share", steps: Mapping[str, StepSeen]) -> Line:
    """How many changes are about one leaver, or how far they have come."""
    mine = [one for one in plan.operations if one.id in share.operations]
    if not steps:
        removes = sum(one.change.kind.removes for one in mine)
        given = f", {len(mine) - removes} given" if removes < len(mine) else ""
        words = f"{counted(len(mine), 'change')}{given}" if mine else "nothing is left to change"
        return _line("   ", (share.name, "bold"), f": {words}")
    states = [steps[one.id] for one in mine if one.id in steps]
    good = sum(one.state in {"verified", "already so"} for one in states)
    bad = sum(STATE_LOOK.get(one.state, ("", ""))[0] in {"✗", "?", "!"} for one in states)
    glyph, look = ("✓", "bold $accent") if good == len(states) else ("…", "$quiet")
    if bad:
        glyph, look = "!", "bold $urgent"
    failed = (f", {bad} not as wanted", "bold $urgent") if bad else ""
    words = f": {good} of {len(states)} verified"
    return _line((f" {glyph} ", look), (share.name, "bold"), words, failed)


def _put_operations(
    lines: list[Line],
    places: dict[int, int],
    plan: Plan,
    steps: Mapping[str, StepSeen],
    now_ms: int,
    skips: "Mapping[Change, LeftOut]",
    cursor: int | None,
    page: int,
) -> None:
    stages = {operation.stage for operation in plan.operations}
    stage: int | None = None
    total, first = len(plan.operations), page * PAGE
    shown = plan.operations[first : first + PAGE]
    if first:
        lines += [BLANK, _line((f"   … {counted(first, 'change')} before these", "bold $change"))]
    for number, operation in enumerate(shown, start=first):
        if operation.stage != stage:
            stage = operation.stage
            title = _stage_name(stage) if len(stages) > 1 else "What is done"
            lines += [BLANK, _line((title, "bold $accent"), *_counts(plan, stage))]
        places[number] = len(lines)
        skip = skips.get(operation.change) if skips else None
        lines += _operation(operation, steps.get(operation.id), now_ms, skip, here=cursor == number)
    after = total - first - len(shown)
    if after:
        lines.append(_line((f"   … {counted(after, 'more change')}: go on down", "bold $change")))


def _counts(plan: Plan, stage: int) -> Iterator[str | tuple[str, str]]:
    """How much a stage gives and takes, as the head of a diff."""
    of = [one.change.kind.removes for one in plan.operations if one.stage == stage]
    taken, given = of.count(True), of.count(False)
    if given:
        yield (f"   +{given}", "$add")
    if taken:
        yield (f"   -{taken}", "$remove")


def _row(here: bool, *parts: str | tuple[str, str], hang: int) -> Line:
    """A row of the plan; the one under the cursor is marked by a sign and by its look."""
    if not here:
        return _line(" ", *parts, hang=hang)
    content = joined(("▸", "bold $accent"), *parts)
    return Line(content.stylize("bold on $cursor"), hang)


def _stage_name(stage: int) -> str:
    return STAGE_TITLES[Stage(stage)] if stage in list(Stage) else f"Stage {stage + 1}"


def _operation(
    operation: Operation, step: StepSeen | None, now_ms: int, skip: LeftOut | None, *, here: bool
) -> Iterator[Line]:
    kind = operation.change.kind
    sign, style = ("-", "bold $remove") if kind.removes else ("+", "bold $add")
    state: list[str | tuple[str, str]] = []
    if step is not None:
        glyph, look = STATE_LOOK.get(step.state, ("·", "$quiet"))
        state = [(f"{glyph} {step.state:<10} ", look)]
    hang = 7 + (13 if step is not None else 0)
    indent = " " * hang
    number = (f"{operation.number:>2}  ", "$quiet")
    if skip is not None:
        words = (operation.words, "$quiet strike")
        yield _row(here, ("○ ", "bold $change"), number, words, hang=hang)
        yield _line(indent, ("skipped: ", "bold $change"), skip.reason, hang=hang)
        return
    yield _row(here, *state, (f"{sign} ", style), number, operation.words, hang=hang)
    if step is not None:
        if step.verdict or (step.words and step.words != operation.words):
            yield _line(indent, *_step_words(step, now_ms), hang=hang)
        return
    for side_effect in operation.also:
        yield _line(indent, ("also: ", "bold $change"), side_effect, hang=hang)
    if operation.irreversible:
        why = ("cannot be undone: ", "bold $change")
        yield _line(indent, why, operation.irreversible, hang=hang)


def _step_words(step: StepSeen, now_ms: int) -> Iterator[str | tuple[str, str]]:
    good = step.verdict in PROVEN
    if step.verdict:
        yield (step.verdict, "$accent" if good else "bold $change")
        yield "  "
    if step.words:
        yield (step.words, "$quiet")
    if step.began_ms is not None:
        over = step.at_ms if step.state not in {"intended", "applied"} and step.at_ms else now_ms
        yield (f"  {elapsed(max(0, over - step.began_ms))}", "$quiet")


def _guards(plan: Plan) -> Iterator[Line]:
    if not plan.guards:
        return
    yield BLANK
    yield _line(("Guards", "bold $accent"))
    order = (Verdict.REFUSE, Verdict.ASK, Verdict.ALLOW)
    told = set[tuple[Verdict, str]]()
    for guard in sorted(plan.guards, key=lambda found: order.index(found.verdict)):
        if (guard.verdict, guard.words) in told:
            continue  # several guards have the same to say where there is nothing to judge
        told.add((guard.verdict, guard.words))
        glyph, style = VERDICT_LOOK[guard.verdict]
        quiet = "$quiet" if guard.verdict is Verdict.ALLOW else ""
        sign = (f" {glyph} {guard.verdict.value:<7}", style)
        yield _line(sign, (guard.words, quiet), hang=10)
        if any(name not in guard.words for name in guard.names):
            words, more = ", ".join(guard.names[:PAGE]), len(guard.names) - PAGE
            rest = (f" and {more} more", "bold") if more > 0 else ""
            yield _line(" " * 10, words, rest, hang=10)
        if guard.next_step and guard.verdict is not Verdict.ALLOW:
            yield _line(" " * 10, (guard.next_step, "$quiet"), hang=10)


def _left_alone(plan: Plan) -> Iterator[Line]:
    """What is skipped by hand has a part of its own, unless it only waits for what is."""
    by_hand = set(skipped(plan))
    waiting = [one for one in by_hand if one.reason.startswith(f"{SKIPPED}it waits for")]
    every = [one for one in plan.left_alone if one not in by_hand or one in waiting]
    if not every:
        return
    yield BLANK
    yield _line((f"Left alone: {len(every)}", "bold $accent"))
    for left in every[:PAGE]:
        yield _line((" • ", "$quiet"), left.words, (f"  {left.reason}", "$quiet"))
    if len(every) > PAGE:
        yield _line((f"   … {len(every) - PAGE} more: keyturn plan tells each.", "bold $change"))


def _unseen(plan: Plan) -> Iterator[Line]:
    if not plan.blind_spots:
        return
    yield BLANK
    yield _line((f"What keyturn cannot see: {len(plan.blind_spots)}", "bold $accent"))
    for spot in plan.blind_spots:
        yield _line((" ? ", "$unknown"), spot)


def _snapshots(plan: Plan, now_ms: int) -> Iterator[Line]:
    yield BLANK
    yield _line(("Rests on", "bold $accent"))
    for used in plan.snapshots:
        whole = ("✓ complete", "$accent") if used.complete else ("✗ incomplete", "bold $remove")
        yield _line(
            f"   {used.source} ({used.kind}), read {age(used.taken_ms, now_ms)} ago ", whole
        )


def _line(*parts: str | tuple[str, str], hang: int = 3) -> Line:
    return Line(joined(*parts), hang)
