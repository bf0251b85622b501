"""What a verb does with the plan it made: shows it, and applies it once it is confirmed, or saves
it for `keyturn apply`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from keyturn.cli.applying import apply_plan, confirmation
from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, Json
from keyturn.cli.plan_files import nothing_to_do, save_plan
from keyturn.cli.shown import plan_json, show_plan
from keyturn.cli.work import journal_of, now_ms
from keyturn.decide.plans import Plan
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.admission import refuse_if_at_work


def apply_or_save(
    invocation: Invocation,
    loaded: LoadedPolicy,
    plan: Plan,
    answer: Answer,
    *,
    plan_only: bool,
    confirm: str | None,
    out: Path | None,
    more: Mapping[str, Json] = MappingProxyType({}),
    show: Callable[[Answer, Plan], None] = show_plan,
) -> Exit:
    """Nothing is changed before what the plan asks for was typed, or given with `confirm`. `more`
    is answered to programs beside the plan or the run; `show` says the plan to people."""
    show(answer, plan)
    only_shown = plan_only or plan.refused or not plan.operations
    if not only_shown:
        with journal_of(invocation) as journal:
            refuse_if_at_work(plan, journal, now_ms())
        typed = confirmation(plan, confirm, answer)
        if typed:
            return apply_plan(invocation, loaded, plan, typed, answer, more)
    path = save_plan(plan, invocation, out) if plan.operations else None
    answer.document({"plan": plan_json(plan), "file": str(path) if path else None, **more})
    if plan.refused:
        answer.line("a guard refuses this plan as it stands")
        return Exit.REFUSED
    if path is None:
        return nothing_to_do(plan)
    answer.line(f"nothing was changed; saved: {path}")
    answer.line(f"apply it with: keyturn apply {path} --confirm {plan.confirm_with}")
    return Exit.DRIFT if plan_only else Exit.REFUSED
