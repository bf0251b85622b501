"""The dashboard as of an earlier read: going there, saying so, and coming back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn.run.as_of import AsOf, utc

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp
    from keyturn.tui.parts import Parts
    from keyturn_storage.queries.past import Past

GOING_BACK = "deciding as of an earlier read"


@dataclass(frozen=True, slots=True)
class Back:
    """Where the dashboard looks: the read, and the parts it had before."""

    as_of: AsOf
    now: "Parts"

    @property
    def wordings(self) -> tuple[str, ...]:
        """What the banner says, the longest first."""
        found, names = self.as_of, " and ".join(self._ages())
        at = utc(found.moment.started_ms)
        whole = all(side is None or side.complete for side in found.moment.then)
        doubt = "" if whole else " NOT READ WHOLE."
        after = (
            f"The next read was {utc(found.after.started_ms)}: what was so between is not known."
            if found.after is not None
            else "This is the last read."
        )
        policy = "Drift is by today's policy."
        return (
            f"AS OF {at} ({names}).{doubt} {after} {policy} Nothing can be changed. t: now",
            f"AS OF {at}.{doubt} {after} Nothing can be changed. t: now",
            f"AS OF {at}.{doubt} Not now: nothing can be changed. t: back to now",
            f"AS OF {at}.{doubt} t: back to now",
            f"AS OF {at}  t: now",
        )

    def _ages(self) -> list[str]:
        sides = [side for side in self.as_of.moment.then if side is not None]
        return [f"{side.source} {utc(side.started_ms)[11:16]}" for side in sides]


def go_back(app: "KeyturnApp", as_of: AsOf) -> None:
    """Shows every screen as of a read, once it has been decided what was so then."""
    engine, at_ms = app.parts.engine, as_of.asked_ms

    async def work(_observe: object, _stop: object) -> "Past":
        return await engine.past(as_of.pair, at_ms)

    def show(past: "Past") -> None:
        before = app.back.now if app.back is not None else app.parts
        before.data.go_to(past)
        app.back, then = Back(as_of, before), before.engine.as_of(as_of.pair, at_ms)
        app.parts = replace(before, open_engine=lambda: then, now_ms=_standing(at_ms))
        app.moment_changed()

    app.start(GOING_BACK, work, show, only_reads=True)


def come_back(app: "KeyturnApp") -> None:
    """Shows now again."""
    if app.back is None:
        return
    app.parts, app.back = app.back.now, None
    app.parts.data.go_to(None)
    app.moment_changed()


def why_not_then(app: "KeyturnApp", label: str) -> str:
    """Why an action cannot be done while the past is shown."""
    if app.back is None:
        return ""
    at = utc(app.back.as_of.moment.started_ms)
    return f"{label}: this is as of {at}, and the past cannot be changed. t goes back to now."


def _standing(at_ms: int) -> Callable[[], int]:
    return lambda: at_ms
