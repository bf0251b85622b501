"""What a plan was made from, so that it can be made anew without some of its changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn.tui.case_desk import Draft
from keyturn.tui.engine import Observe

if TYPE_CHECKING:
    from keyturn.decide.findings import Change
    from keyturn.decide.plans import Plan
    from keyturn.tui.app import KeyturnApp


@dataclass(frozen=True, slots=True)
class Origin:
    """`draft` of an offboarding, else the ids of the `findings` that the plan mends (None: all).
    Where it is not `known`, the plan is taken as it is."""

    draft: Draft | None = None
    findings: frozenset[str] | None = None
    known: bool = False


def plan_again(
    app: "KeyturnApp",
    origin: Origin,
    skips: "Mapping[Change, str]",
    show: "Callable[[Plan, Origin], None]",
) -> None:
    """Makes the plan anew, without `skips`."""
    desk = app.parts.engine.desk
    draft = replace(origin.draft, skips=dict(skips)) if origin.draft is not None else None

    async def work(observe: Observe, _stop: object) -> "tuple[Plan, Origin]":
        if draft is None:
            return await desk.plan_again(origin.findings, skips), origin
        plan, after = await desk.plan(draft, observe)
        return plan, replace(origin, draft=after)

    app.start("making the plan anew", work, lambda made: show(*made))
