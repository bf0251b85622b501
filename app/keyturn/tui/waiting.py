"""What somebody has to go on with, said on every screen for as long as it is so."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp

COUNTING = "looking for open runs"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open runs, and cases that are open again because something came back, with some names."""

    runs: int
    cases: int
    names: tuple[str, ...]

    def words(self, *, read_only: bool) -> str:
        """One line; empty where nothing waits."""
        said: list[str] = []
        if self.runs:
            runs = "1 run is" if self.runs == 1 else f"{self.runs} runs are"
            how = f"R resumes {'it' if self.runs == 1 else 'them'}"
            said.append(f"{runs} open: {'keyturn is read-only here' if read_only else how}.")
        if self.cases:
            more = f" and {self.cases - len(self.names)} more"
            who = ", ".join(self.names) + (more if self.cases > len(self.names) else "")
            what = "The case of" if self.cases == 1 else "The cases of"
            said.append(
                f"{what} {who} {'is' if self.cases == 1 else 'are'} open again: 7 shows why."
            )
        return " ".join(said)


class WaitingRuns:
    """For the app: what waits, and going on with it."""

    @property
    def _waiting_in(self) -> "KeyturnApp":
        return cast("KeyturnApp", self)

    def count_open_runs(self) -> None:
        """Says, as long as it is so, that runs are open, and which key goes on with them; and that
        cases are open again, and which key shows them."""
        app = self._waiting_in

        async def count(_observe: object, _stop: object) -> Waiting:
            engine = app.parts.engine
            return Waiting(await engine.open_runs(), *await engine.reopened())

        if COUNTING not in app.jobs.running():
            app.counted = False
            app.start(COUNTING, count, self._counted, quiet=True)

    def _counted(self, found: Waiting) -> None:
        app = self._waiting_in
        app.open_runs, app.counted = found.runs, True
        app.standing = found.words(read_only=app.read_only)
        app.tell(app.note)
        app.put_facts(replace(app.facts, reopened=found.cases))
        if app.tour_due:
            from keyturn.tui.after_first_paint import offer_tour

            offer_tour(app)

    def action_resume(self) -> None:
        """Goes on with every open run, in the way of the screen in front."""
        frame = self._waiting_in.frame
        if frame is not None:
            frame.go_on()

    def resume_open_runs(self) -> None:
        """Goes on with every open run, as the Access screen does."""
        self._waiting_in.access.go_on()
