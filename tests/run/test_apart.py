"""Deciding in a process of its own decides the same; where it fails, it is decided here."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bench.cache_100k import build

from keyturn.decide.rules import Limits, Rules
from keyturn.run import apart
from keyturn.run.apart_process import OtherVersion
from keyturn.run.assess import NothingRead, assess
from keyturn.run.background import GivenUp
from keyturn_storage.queries.findings import findings
from keyturn_storage.queries.persons import first_people
from keyturn_storage.queries.reader import open_reader
from keyturn_storage.snapshots import Cache, open_cache

NOW_MS = 1_800_000_000_000
RULES = Rules(limits=Limits(removals_count=3), digest="0" * 64)


def _decided(data: Path, decide: Callable[[Cache], object]) -> tuple[object, object, object]:
    path = data / "cache.db"
    build(path, people=30, groups=4, vaults=3)
    with open_cache(path) as cache:
        decide(cache)
    with open_reader(path) as reader:
        return reader.assessed(), first_people(reader, 30), findings(reader)


def _folder(data: Path) -> Path:
    data.mkdir(mode=0o700)
    return data


def test_another_process_decides_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = _decided(_folder(tmp_path / "here"), lambda cache: assess(cache, RULES, NOW_MS))

    def not_here(*_: object) -> None:
        raise AssertionError("was decided in this process")

    monkeypatch.setattr(apart, "assess", not_here)
    there = _decided(
        _folder(tmp_path / "there"),
        lambda cache: asyncio.run(apart.assess_apart(cache, RULES, NOW_MS, many=1)),
    )
    assert there == here


@pytest.mark.parametrize(
    "command", [(sys.executable, "-c", "raise SystemExit(3)"), ("/nonexistent/python",)]
)
def test_where_the_process_fails_it_is_decided_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(apart, "COMMAND", command)
    made_ms, people, _ = _decided(
        _folder(tmp_path / "data"),
        lambda cache: asyncio.run(apart.assess_apart(cache, RULES, NOW_MS, many=1)),
    )
    assert made_ms == (1, 2, NOW_MS)
    assert people


def test_nothing_read_is_said_as_ever(tmp_path: Path) -> None:
    path = _folder(tmp_path / "data") / "cache.db"
    with open_cache(path) as cache, pytest.raises(NothingRead):
        asyncio.run(apart.assess_apart(cache, RULES, NOW_MS, many=0))


KILLED = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")


async def _work(_home: object) -> None:
    """Never called: the processes of these tests do not get so far."""


@pytest.mark.parametrize(
    ("command", "words"), [(KILLED, "signal 9"), ((sys.executable, "-c", ""), "exit code 0")]
)
async def test_a_process_that_ends_without_an_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], words: str
) -> None:
    monkeypatch.setattr(apart, "COMMAND", command)
    with pytest.raises(apart.ProcessLost, match=words) as raised:
        await apart.work_apart({}, apart.never, _work)
    assert raised.value.next_step


async def test_a_process_that_is_stopped_has_gone_when_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells = tmp_path / "pid"
    code = f"import os, time; open({str(tells)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-c", code))
    with pytest.raises(GivenUp):
        await apart.work_apart({}, lambda: tells.exists() and tells.read_text() != "", _work)
    with pytest.raises(ProcessLookupError):
        os.kill(int(tells.read_text()), 0)


async def test_a_process_is_stopped_also_with_much_that_nobody_has_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than is read ahead waits, and the process does not listen, so that nobody reads on.
    Read ahead are at most 128 KiB and a pipe's 64; at least 132 and the pipe's 64 have room."""
    told = tmp_path / "told"
    code = (
        "import os, sys, time\n"
        "written = 0\n"
        "while True:\n"
        "    written += os.write(1, bytes(4096))\n"
        f"    if written > 192 * 1024: open({str(told)!r}, 'w').close()\n"
    )
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-c", code))
    with pytest.raises(GivenUp):
        await apart.work_apart({}, told.exists, _takes, bytes(1 << 20))


async def _takes(_home: object, _much: bytes) -> None:
    """Never called either."""


async def test_where_no_process_can_be_started_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "COMMAND", ("/nonexistent/python",))
    with pytest.raises(apart.NotStarted):
        await apart.work_apart({}, apart.never, _work)


async def test_a_process_of_another_version_takes_nothing_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "COMMAND", (*apart.COMMAND[:-1], "0.0.0"))
    with pytest.raises(OtherVersion, match="start keyturn again"):
        await apart.work_apart({}, apart.never, _work)
