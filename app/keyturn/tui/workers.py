"""Every worker's failure is heard: Textual tells only the node that started it, and only once."""

from collections.abc import Callable, Coroutine

from textual.dom import DOMNode
from textual.message import Message
from textual.worker import Worker, WorkerState

Task = Callable[[], Coroutine[None, None, None]]


class WorkFailed(Message):
    """A worker ended with an error. Bubbles to the app, which shows it."""

    def __init__(self, doing: str, error: BaseException) -> None:
        super().__init__()
        self.doing = doing
        self.error = error


class WatchesWorkers(DOMNode):
    """For every widget and screen that starts workers: reports their failures.

    It comes after the Textual class among the bases: Textual takes styles from the first one only.
    """

    def work(self, group: str, doing: str, task: Task) -> None:
        """Runs `task` on the loop in place of any older one of `group`.

        `doing` completes the sentence "keyturn was ..." if it fails.
        """
        _: Worker[None] = self.run_worker(
            task, group=group, exclusive=True, exit_on_error=False, description=doing
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Reports an error; every other state needs no answer."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error or RuntimeError("The worker failed without saying why.")
            self.work_failed(event.worker.description, error)
        else:
            return

    def work_failed(self, doing: str, error: BaseException) -> None:
        """Passes the failure on. A widget that can show it in place overrides this."""
        self.post_message(WorkFailed(doing, error))
