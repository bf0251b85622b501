"""While jobs work, full collections come seldom; afterwards as often as before."""

import asyncio
import gc

import pytest

from keyturn.run.background import Background, Stop
from keyturn.run.short_pauses import SELDOM, short_pauses

TIMEOUT_S = 20.0


def test_the_last_one_out_puts_it_back() -> None:
    usual = gc.get_threshold()
    with short_pauses():
        with short_pauses():
            assert gc.get_threshold() == (*usual[:2], SELDOM)
        assert gc.get_threshold() == (*usual[:2], SELDOM)
    assert gc.get_threshold() == usual


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
