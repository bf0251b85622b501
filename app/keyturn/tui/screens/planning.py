"""From findings to the plan that mends them, in front of any screen."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan
    from keyturn.tui.app import KeyturnApp

PLANNING = "planning"


def plan_findings(app: "KeyturnApp", chosen: frozenset[str] | None, note: str) -> None:
    """Plans what mends `chosen` findings, or all of them, and shows the plan. Nothing is done."""
    engine = app.parts.engine

    async def work(_observe: object, _stop: object) -> "Plan":
        return await engine.plan_sync(chosen)

    def show(plan: "Plan") -> None:
        from keyturn.tui.screens.plan import PlanReview
        from keyturn.tui.screens.plan_origin import Origin

        _ = app.push_screen(PlanReview(plan, note, Origin(findings=chosen, known=True)))

    app.start(PLANNING, work, show)
