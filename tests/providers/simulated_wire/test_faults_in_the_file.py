"""Which requests a fault strikes, and that two takers never share one."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keyturn_providers.simulated.wire import faults
from keyturn_providers.simulated.wire.faults import Fault, Hit, Kind
from keyturn_providers.simulated.wire.state import create, opened, writing


@pytest.fixture
def state(tmp_path: Path) -> Path:
    create(tmp_path / "tenant.db", "")
    return tmp_path / "tenant.db"


def take(state: Path, method: str = "GET", path: str = "/a", page: int = 1, who: str = "") -> Hit:
    with opened(state) as connection:
        return faults.take(connection, method, path, page, who)


@pytest.mark.parametrize(
    ("fault", "misses", "hits"),
    [
        (Fault(Kind.STATUS, method="POST"), ("GET", "/a", 1, ""), ("POST", "/a", 1, "")),
        (Fault(Kind.STATUS, path="/g/*/u"), ("GET", "/g/1", 1, ""), ("GET", "/g/1/u", 1, "")),
        (Fault(Kind.STATUS, page=2), ("GET", "/a", 1, ""), ("GET", "/a", 2, "")),
        (Fault(Kind.STATUS, client="ann"), ("GET", "/a", 1, "ben"), ("GET", "/a", 1, "ann")),
    ],
)
def test_it_strikes_what_it_is_about(
    state: Path,
    fault: Fault,
    misses: tuple[str, str, int, str],
    hits: tuple[str, str, int, str],
) -> None:
    faults.put(state, fault)

    assert take(state, *misses) == Hit()
    assert take(state, *hits).fault == fault
    assert take(state, *hits) == Hit()


def test_it_lets_some_pass_and_then_strikes_as_often_as_it_says(state: Path) -> None:
    faults.put(state, Fault(Kind.GARBAGE, skip=2, times=2))

    struck = [take(state).fault is not None for _ in range(5)]

    assert struck == [False, False, True, True, False]


def test_without_times_it_strikes_until_it_is_cleared(state: Path) -> None:
    faults.put(state, Fault(Kind.GARBAGE, times=None))

    assert all(take(state).fault for _ in range(5))
    faults.clear(state)
    assert take(state) == Hit()


def test_the_first_that_matches_strikes_and_latency_hides_nothing(state: Path) -> None:
    slow, broken = Fault(Kind.LATENCY, seconds=0.5), Fault(Kind.STATUS)
    faults.put(state, slow, broken, Fault(Kind.GARBAGE))

    assert take(state) == Hit(0.5, broken)
    assert faults.armed(state) == (Fault(Kind.GARBAGE),)


def test_many_takers_never_share_one(state: Path) -> None:
    faults.put(state, Fault(Kind.STATUS, times=40))

    with ThreadPoolExecutor(8) as pool:
        hits = list(pool.map(lambda _: take(state), range(100)))

    assert sum(hit.fault is not None for hit in hits) == 40


def test_a_failed_transaction_leaves_no_trace(state: Path) -> None:
    def half_of_it(connection: sqlite3.Connection) -> None:
        with writing(connection):
            connection.execute("INSERT INTO wire_setting VALUES ('a', 'b')")
            raise KeyError

    with opened(state) as connection:
        with pytest.raises(KeyError):
            half_of_it(connection)
        assert connection.execute("SELECT count(*) FROM wire_setting").fetchone() == (0,)


def test_a_tenant_is_never_made_twice(state: Path) -> None:
    with pytest.raises(FileExistsError):
        create(state, "")
