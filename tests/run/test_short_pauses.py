"""While jobs work, full collections come seldom and turns are short; afterwards as before."""

import asyncio
import gc
import sys
import weakref

import pytest

from keyturn.run.background import Background, Stop
from keyturn.run.short_pauses import SELDOM, SWITCH_S, collect_between_jobs, short_pauses

TIMEOUT_S = 20.0


def test_the_last_one_out_puts_it_back() -> None:
    usual, turn_s = gc.get_threshold(), sys.getswitchinterval()
    assert turn_s > SWITCH_S
    with short_pauses():
        with short_pauses():
            assert gc.get_threshold() == (*usual[:2], SELDOM)
            assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
        assert gc.get_threshold() == (*usual[:2], SELDOM)
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    assert gc.get_threshold() == usual
    assert sys.getswitchinterval() == pytest.approx(turn_s)


def test_a_failure_puts_it_back_too() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError, match="planted"), short_pauses():
        raise ValueError("planted")
    assert gc.get_threshold() == usual


def test_a_job_works_with_short_pauses() -> None:
    usual = gc.get_threshold()

    async def work(_: Stop) -> int:
        await asyncio.sleep(0)
        return gc.get_threshold()[2]

    job = Background().start("refresh", work)
    assert job.join(TIMEOUT_S)
    assert job.result() == SELDOM
    assert gc.get_threshold() == usual


class _Ring:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_is_collected_between_jobs_and_not_while_one_works() -> None:
    with short_pauses():
        gc.disable()
        try:
            left = weakref.ref(_Ring())
            collect_between_jobs()
            assert left() is not None
        finally:
            gc.enable()
    collect_between_jobs()
    assert left() is None
