"""Who may send when: the reserve for others, writes before reads, one pause for all."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fault.wire import Clock

from keyturn_providers.pacing import Pace, Pacer
from keyturn_providers.ratelimit import Window


def test_reads_stop_before_writes_and_both_before_the_end() -> None:
    for remaining, reads, writes in ((50, True, True), (41, True, True), (40, False, True)):
        pace = Pace(window=Window(100, remaining, 60.0), allowed=6)
        assert (pace.pause(0.0, writes=False).seconds == 0) is reads
        assert (pace.pause(0.0, writes=True).seconds == 0) is writes
    spent = Pace(window=Window(100, 30, 60.0), allowed=6)
    assert spent.pause(0.0, writes=True).seconds == 60.0
    assert spent.pause(45.0, writes=False).seconds == 15.0
    assert "30 of 100 requests left; the rest is kept for others" in (
        spent.pause(0.0, writes=True).reason
    )
    assert spent.pause(60.0, writes=False).seconds == 0


def test_requests_in_flight_count_as_spent() -> None:
    pace = Pace(window=Window(100, 43, 60.0), allowed=6, in_flight=2)
    assert pace.pause(0.0, writes=False).seconds == 0
    pace.in_flight = 3
    assert pace.pause(0.0, writes=False).seconds == 60.0


@settings(max_examples=100)
@given(st.integers(1, 3))
def test_a_tiny_window_is_still_used(limit: int) -> None:
    pace = Pace(window=Window(limit, limit, 60.0), allowed=6)
    assert pace.pause(0.0, writes=False).seconds == 0


def test_an_older_answer_never_raises_what_is_left() -> None:
    pace = Pace()
    pace.learn(0.0, Window(100, 50, 60.0))
    pace.learn(0.1, Window(100, 55, 60.4))
    assert pace.window == Window(100, 50, 60.0)
    pace.learn(61.0, Window(100, 99, 120.0))
    assert pace.window == Window(100, 99, 120.0)


def test_without_headers_it_starts_alone_grows_and_halves() -> None:
    pace = Pace(concurrency=4)
    grown = []
    for _ in range(5):
        grown.append(pace.allowed)
        pace.learn(0.0, None)
    assert grown == [1, 2, 3, 4, 4]
    assert pace.refuse(0.0, None) == 1.0
    assert pace.allowed == 2
    assert [pace.refuse(0.0, None) for _ in range(7)] == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert pace.allowed == 1


def test_a_refusal_pauses_writes_too() -> None:
    pace = Pace(allowed=6)
    assert pace.refuse(10.0, 5.0) == 5.0
    assert pace.pause(12.0, writes=True).seconds == 3.0
    assert "asked to wait" in pace.pause(12.0, writes=True).reason
    assert pace.pause(15.0, writes=True).seconds == 0


@settings(max_examples=60)
@given(
    st.integers(5, 60),
    st.floats(0.0, 0.6),
    st.integers(1, 80),
    st.lists(st.booleans(), max_size=80),
)
def test_the_reserve_is_never_touched(
    limit: int, reserve: float, wanted: int, writes: list[bool]
) -> None:
    """A server that counts down honestly is left with the reserve of each window."""
    pace = Pace(reserve=reserve, allowed=6)
    now, used, window_ends = 0.0, 0, 60.0
    for number in range(wanted):
        write = writes[number] if number < len(writes) else False
        pause = pace.pause(now, writes=write).seconds
        now += pause
        if now >= window_ends:
            used, window_ends = 0, now + 60.0
        used += 1
        assert used <= max(1.0, limit * (1 - reserve) + 1)
        pace.learn(now, Window(limit, limit - used, window_ends))


async def test_writes_go_before_the_reads_that_wait() -> None:
    pacer = Pacer(concurrency=1)
    order: list[str] = []
    started, first_may_end = asyncio.Event(), asyncio.Event()

    async def job(name: str, *, writes: bool, hold: asyncio.Event | None = None) -> None:
        async with pacer.turn(writes=writes):
            order.append(name)
            started.set()
            if hold is not None:
                await hold.wait()

    tasks = [asyncio.create_task(job("first", writes=False, hold=first_may_end))]
    await started.wait()
    tasks += [asyncio.create_task(job(f"read {n}", writes=False)) for n in range(3)]
    tasks.append(asyncio.create_task(job("write", writes=True)))
    for _ in range(10):
        await asyncio.sleep(0)
    first_may_end.set()
    await asyncio.gather(*tasks)
    assert order[:2] == ["first", "write"]
    assert len(order) == 5


async def test_no_more_at_once_than_allowed() -> None:
    pacer = Pacer(concurrency=3)
    for _ in range(5):
        pacer.learn({})
    at_once, most = 0, 0

    async def job() -> None:
        nonlocal at_once, most
        async with pacer.turn(writes=False):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(job() for _ in range(20)))
    assert most == 3
    assert pacer.pace().in_flight == 0


async def test_a_pause_holds_every_task_and_is_told_once() -> None:
    clock = Clock()
    told: list[tuple[float, str]] = []
    pacer = Pacer(
        clock=clock.time,
        sleep=clock.sleep,
        observe=lambda seconds, why: told.append((seconds, why)),
    )
    pacer.learn({})
    assert pacer.refuse(30.0) == 30.0
    assert pacer.holds_for() == 30.0
    sent_at: list[float] = []

    async def job() -> None:
        async with pacer.turn(writes=False):
            sent_at.append(clock.now)

    await asyncio.gather(*(job() for _ in range(4)))
    assert min(sent_at) >= 1030.0
    assert [seconds for seconds, _ in told] == [30.0]


async def test_limit_classes_do_not_hold_each_other() -> None:
    clock = Clock()
    pacer = Pacer(clock=clock.time, sleep=clock.sleep)
    pacer.refuse(30.0, "users")
    async with pacer.turn(writes=False, limit_class="groups"):
        assert clock.now == 1000.0


async def test_a_cancelled_task_leaves_its_place() -> None:
    pacer = Pacer(concurrency=1)
    started, hold = asyncio.Event(), asyncio.Event()

    async def job(hold: asyncio.Event | None, *, writes: bool) -> None:
        async with pacer.turn(writes=writes):
            started.set()
            if hold is not None:
                await hold.wait()

    first = asyncio.create_task(job(hold, writes=False))
    await started.wait()
    waiting = asyncio.create_task(job(None, writes=True))
    for _ in range(5):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    hold.set()
    await first
    await asyncio.wait_for(job(None, writes=False), timeout=5)
    assert pacer.pace().in_flight == 0


def test_one_goes_ahead_into_a_new_window() -> None:
    pace = Pace(window=Window(100, 90, 60.0), allowed=6, in_flight=1)
    assert pace.has_room(59.0)
    assert not pace.has_room(60.0)
    pace.in_flight = 0
    assert pace.has_room(60.0)
    pace.learn(61.0, Window(100, 99, 120.0))
    pace.in_flight = 1
    assert pace.has_room(62.0)


def test_whole_seconds_are_taken_for_a_second_longer_and_penalties_are_spread() -> None:
    clock = Clock()
    pacer = Pacer(
        clock=clock.time, wall=lambda: 1_800_000_000.9, rounding_s=1.0, spread=lambda: 0.5
    )
    pacer.learn(
        {
            "date": "Fri, 15 Jan 2027 08:00:00 GMT",
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": "9",
            "x-rate-limit-reset": "1800000020",
        }
    )
    assert pacer.pace().window == Window(100, 9, 1021.0)
    assert pacer.refuse(5.0) == 6.0
    assert [pacer.refuse(None) for _ in range(2)] == [1.0, 2.0]  # halves of 2 s and 4 s
