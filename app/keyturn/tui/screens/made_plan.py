"""A plan that took a while to make, in front of the screen that asked for it, and of no other.

What is typed on another screen meanwhile, a confirmation above all, is not meant for it.
"""

from typing import TYPE_CHECKING

from keyturn.tui.plan_words import counts_words
from keyturn.tui.screens.frame import Frame

if TYPE_CHECKING:
    from keyturn.tui.screens.plan import PlanReview


def show_made(asked: Frame, review: "PlanReview") -> None:
    """Shows it where `asked` is still in front; else says that it is made."""
    if asked.is_current:
        _ = asked.keyturn.push_screen(review)
    else:
        words = counts_words(review.plan)
        asked.keyturn.tell(
            f"The plan is made, but not shown here, where it was not asked for: {words}."
        )
