"""What a job tells reaches the screens whole and in order, and no oftener than they can draw."""

from time import monotonic

from tests.tui.looking import until
from textual.app import App

from keyturn.run.background import Stop
from keyturn.tui.jobs import MOVED_EVERY_S, JobEnded, JobMoved, Jobs, Observe

MANY = 20_000


class Watching(App[None]):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = Jobs(self)
        self.batches: list[list[object]] = []
        self.result = 0

    def on_job_moved(self, event: JobMoved) -> None:
        """As the dashboard does it."""
        self.jobs.pace(event, lambda _name, happened: self.batches.append(happened))

    def on_job_ended(self, event: JobEnded) -> None:
        """With what is left."""
        self.batches.append(event.take())
        event.settle()

    def ended(self, result: int) -> None:
        """The job is over."""
        self.result = result


async def _telling(observe: Observe, _stop: Stop) -> int:
    for number in range(MANY):
        observe(number)
    return MANY


async def test_every_event_comes_once_in_order_and_before_the_end() -> None:
    app = Watching()
    async with app.run_test() as pilot:
        begun = monotonic()
        app.jobs.start("telling", _telling, app.ended)
        await until(pilot, lambda: app.result)
        took = monotonic() - begun
        assert [one for batch in app.batches for one in batch] == list(range(MANY))
        assert len(app.batches) <= took / MOVED_EVERY_S + 3
