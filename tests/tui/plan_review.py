"""The review of a plan in front, and the word that confirms Dana's."""

from tests.tui.looking import shows
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.plan import PlanReview

SIZE = (110, 40)
LOGIN = "p001@acme.example"


def review(app: KeyturnApp) -> PlanReview:
    """The plan in front."""
    assert isinstance(app.screen, PlanReview)
    return app.screen


async def plan_of_dana(pilot: Pilot[None]) -> None:
    """From Access, where she is the first, to the plan that puts her out."""
    await pilot.press("o")
    await shows(pilot, "t-dana-1")
    await pilot.press("p")
    await shows(pilot, "Guards")
