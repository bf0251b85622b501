"""From a person whose role changed to the plan that takes away what it does not justify."""

from typing import TYPE_CHECKING

from keyturn.tui.engine import Observe

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan
    from keyturn.tui.screens.frame import Frame


def plan_move(asked: "Frame", person_key: str, name: str) -> None:
    """Plans it about the person as they are now, and shows the plan. Nothing is done."""
    desk = asked.keyturn.parts.engine.desk

    async def work(observe: Observe, _stop: object) -> "Plan":
        return await desk.plan_move(person_key, observe)

    def show(plan: "Plan") -> None:
        from keyturn.tui.screens.made_plan import show_made
        from keyturn.tui.screens.plan import PlanReview

        note = "The account stays active; what the policy and the directory do not give is taken"
        show_made(asked, PlanReview(plan, note))

    asked.keyturn.start(f"planning the move of {name}", work, show)
