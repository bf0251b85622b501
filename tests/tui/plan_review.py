"""The review of a plan in front, and the word that confirms Dana's."""

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.plan import PlanReview

SIZE = (110, 40)
LOGIN = "p001@acme.example"


def review(app: KeyturnApp) -> PlanReview:
    """The plan in front."""
    assert isinstance(app.screen, PlanReview)
    return app.screen
