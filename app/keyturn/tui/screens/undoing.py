"""From a run to the plan that takes it back, shown before anything is done."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan
    from keyturn.tui.screens.frame import Frame


def plan_undo(
    asked: "Frame",
    run_id: str,
    title: str,
    show: "Callable[[Plan], None] | None" = None,
    case_id: str = "",
) -> None:
    """Plans it about everything that the run changed as it is now, or about the leaver of a case
    alone; `show` puts the plan elsewhere than on top."""
    engine = asked.keyturn.parts.engine

    async def work(_observe: object, _stop: object) -> "Plan":
        return await engine.plan_undo(run_id, case_id)

    def on_top(plan: "Plan") -> None:
        from keyturn.tui.screens.made_plan import show_made
        from keyturn.tui.screens.plan import PlanReview

        show_made(asked, PlanReview(plan))

    asked.keyturn.start(f"planning to undo: {title}", work, show or on_top)
