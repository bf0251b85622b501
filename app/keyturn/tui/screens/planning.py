"""From findings to the plan that mends them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan
    from keyturn.tui.screens.frame import Frame

PLANNING = "planning"


def plan_findings(asked: "Frame", chosen: frozenset[str] | None, note: str) -> None:
    """Plans what mends `chosen` findings, or all of them, and shows the plan. Nothing is done."""
    engine = asked.keyturn.parts.engine

    async def work(_observe: object, _stop: object) -> "Plan":
        return await engine.plan_sync(chosen)

    def show(plan: "Plan") -> None:
        from keyturn.tui.screens.made_plan import show_made
        from keyturn.tui.screens.plan import PlanReview
        from keyturn.tui.screens.plan_origin import Origin

        show_made(asked, PlanReview(plan, note, Origin(findings=chosen, known=True)))

    asked.keyturn.start(PLANNING, work, show)
