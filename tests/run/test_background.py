"""Jobs in their own thread: stopped by asking, never by a screen, and no failure is lost."""

import asyncio
import gc
import threading
import weakref

import pytest

from keyturn.run.background import Background, Job, JobState, Stop

TIMEOUT_S = 20.0


async def _until(stop: Stop) -> str:
    async with asyncio.timeout(TIMEOUT_S):
        while not stop():  # noqa: ASYNC110 - a job is asked to stop through a plain callable
            await asyncio.sleep(0.001)
    return "stopped"


def test_a_job_runs_in_its_own_thread_and_gives_its_result() -> None:
    async def work(_: Stop) -> int:
        await asyncio.sleep(0)
        return threading.get_ident()

    ended: list[Job[int]] = []
    job = Background().start("refresh", work, ended.append)
    assert job.join(TIMEOUT_S)
    assert job.state is JobState.DONE
    assert job.result() != threading.get_ident()
    assert ended == [job]


def test_stop_asks_and_the_job_ends_by_itself() -> None:
    background = Background()
    job = background.start("apply", _until)
    assert background.running() == ("apply",)
    assert job.state is JobState.RUNNING
    with pytest.raises(RuntimeError, match="still going on"):
        job.result()
    job.stop()
    assert job.join(TIMEOUT_S)
    assert job.result() == "stopped"
    assert background.running() == ()


def test_one_job_of_a_name_at_a_time() -> None:
    background = Background()
    first = background.start("apply", _until)
    with pytest.raises(RuntimeError, match="apply is going on already"):
        background.start("apply", _until)
    other = background.start("refresh", _until)
    first.stop()
    other.stop()
    assert background.join_all(TIMEOUT_S)
    assert (first.result(), other.result()) == ("stopped", "stopped")
    again = background.start("apply", _until)
    again.stop()
    assert again.join(TIMEOUT_S)


@pytest.mark.parametrize("failure", [ValueError("planted"), KeyboardInterrupt(), SystemExit(3)])
def test_what_a_job_raises_is_delivered(failure: BaseException) -> None:
    async def work(_: Stop) -> int:
        raise failure

    seen: list[BaseException | None] = []
    job = Background().start("apply", work, lambda ended: seen.append(ended.failure))
    assert job.join(TIMEOUT_S)
    assert job.state is JobState.FAILED
    assert seen == [failure]
    with pytest.raises(type(failure)):
        job.result()


def test_what_a_job_gave_is_let_go_of_when_the_next_begins() -> None:
    async def make(_: Stop) -> set[str]:
        return _Given()

    background = Background()
    job = background.start("about one person", make)
    assert job.join(TIMEOUT_S)
    given = weakref.ref(job.result())
    del job
    assert background.start("about another", make).join(TIMEOUT_S)
    gc.collect()
    assert given() is None


class _Given(set[str]):
    """A set that can be referred to weakly."""
