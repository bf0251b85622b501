"""A plan and its run as lines to read: what, to whom, with which side effects; what stands open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keyturn.decide.order import STAGE_TITLES, Stage
from keyturn.decide.plans import Operation, Plan, Verdict
from keyturn.decide.steps import ProofVerdict
from keyturn.tui.ages import age, elapsed
from keyturn.tui.safe import joined
from keyturn.tui.widgets.paragraphs import Line

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


@dataclass(frozen=True, slots=True)
class StepSeen:
    """How far one operation has come. Times are None until it has begun."""

    state: str
    words: str = ""
    verdict: str = ""
    began_ms: int | None = None
    at_ms: int | None = None


def plan_lines(
    plan: Plan, steps: Mapping[str, StepSeen], now_ms: int, note: str = ""
) -> list[Line]:
    """The whole plan, with the state of each step where a run has begun."""
    return [
        *_head(plan, note, begun=bool(steps)),
        *_operations(plan, steps, now_ms),
        *_guards(plan),
        *_left_alone(plan),
        *_unseen(plan),
        *_snapshots(plan, now_ms),
    ]


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


def _operations(plan: Plan, steps: Mapping[str, StepSeen], now_ms: int) -> Iterator[Line]:
    stage: int | None = None
    staged = len({operation.stage for operation in plan.operations}) > 1
    for operation in plan.operations:
        if operation.stage != stage:
            stage = operation.stage
            yield BLANK
            yield _line((_stage_name(stage) if staged else "What is done", "bold $accent"))
        yield from _operation(operation, steps.get(operation.id), now_ms)


def _stage_name(stage: int) -> str:
    return STAGE_TITLES[Stage(stage)] if stage in list(Stage) else f"Stage {stage + 1}"


def _operation(operation: Operation, step: StepSeen | None, now_ms: int) -> Iterator[Line]:
    kind = operation.change.kind
    sign, style = ("-", "bold $remove") if kind.removes else ("+", "bold $add")
    state: list[str | tuple[str, str]] = []
    if step is not None:
        glyph, look = STATE_LOOK.get(step.state, ("·", "$quiet"))
        state = [(f"{glyph} {step.state:<10} ", look)]
    hang = 7 + (13 if step is not None else 0)
    indent = " " * hang
    number = (f"{operation.number:>2}  ", "$quiet")
    yield _line(" ", *state, (f"{sign} ", style), number, operation.words, hang=hang)
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
    for guard in sorted(plan.guards, key=lambda found: order.index(found.verdict)):
        glyph, style = VERDICT_LOOK[guard.verdict]
        quiet = "$quiet" if guard.verdict is Verdict.ALLOW else ""
        yield _line((f" {glyph} {guard.verdict.value:<7}", style), (guard.words, quiet))
        if guard.names:
            yield _line(" " * 10, ", ".join(guard.names))
        if guard.next_step and guard.verdict is not Verdict.ALLOW:
            yield _line(" " * 10, (guard.next_step, "$quiet"))


def _left_alone(plan: Plan) -> Iterator[Line]:
    if not plan.left_alone:
        return
    yield BLANK
    yield _line((f"Left alone: {len(plan.left_alone)}", "bold $accent"))
    for left in plan.left_alone:
        yield _line(("   ", ""), left.words, (f"  {left.reason}", "$quiet"))


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
