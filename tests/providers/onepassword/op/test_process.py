"""Children that behave badly, played by small scripts."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from keyturn_providers.onepassword.op.process import Ending, Limits, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the children are shell scripts")
SHELL = "/bin/sh"
ENV = {"PATH": os.environ.get("PATH", "")}
TOO_LONG_S = 2.0
"""Longer than a shell takes to begin, on a busy machine too."""


async def test_output_input_and_code_come_through() -> None:
    script = "cat; echo oh >&2; exit 4"
    done = await run((SHELL, "-c", script), ENV, b"fed", Limits())
    assert (done.ending, done.code, done.stdout, done.stderr) == (
        Ending.EXITED,
        4,
        b"fed",
        b"oh\n",
    )
    assert not done.ok


async def test_stdin_is_closed_where_nothing_is_fed() -> None:
    done = await run((SHELL, "-c", "cat; echo end"), ENV, None, Limits(seconds=20))
    assert (done.ok, done.stdout) == (True, b"end\n")


async def test_a_child_that_does_not_read_what_it_is_fed() -> None:
    done = await run((SHELL, "-c", "exit 1"), ENV, b"x" * 1_000_000, Limits(seconds=20))
    assert (done.ending, done.code) == (Ending.EXITED, 1)


async def test_only_the_given_environment_is_seen() -> None:
    done = await run(("/usr/bin/env",), {"ONLY": "this"}, None, Limits())
    assert done.stdout == b"ONLY=this\n"


async def test_a_child_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid; echo begun; exec sleep 300"
    done = await run((SHELL, "-c", script), ENV, None, Limits(seconds=TOO_LONG_S))
    assert (done.ending, done.code) == (Ending.TOO_LONG, None)
    assert done.stdout == b"begun\n"
    assert not _lives(tmp_path)


async def test_a_child_that_writes_too_much_is_killed() -> None:
    done = await run((SHELL, "-c", "exec yes"), ENV, None, Limits(seconds=60, stdout=100_000))
    assert done.ending is Ending.TOO_MUCH


async def test_too_much_on_stderr_is_cut_and_no_reason_to_fail() -> None:
    script = "head -c 300000 /dev/zero >&2; echo fine"
    done = await run((SHELL, "-c", script), ENV, None, Limits(stderr=1000))
    assert (done.ok, len(done.stderr), done.stdout) == (True, 1000, b"fine\n")


async def test_a_child_that_is_killed_has_no_answer() -> None:
    done = await run((SHELL, "-c", "echo half; kill -9 $$"), ENV, None, Limits())
    assert (done.ending, done.code) == (Ending.KILLED, None)


async def test_a_grandchild_that_holds_the_pipe_does_not_hold_keyturn() -> None:
    script = "sleep 300 & echo done; echo $! >&2"
    done = await run((SHELL, "-c", script), ENV, None, Limits(seconds=TOO_LONG_S))
    os.kill(int(done.stderr), 9)
    assert done.ending is Ending.TOO_LONG
    assert done.stdout == b"done\n"


async def test_cancelling_kills_the_child(tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid; : > {tmp_path}/begun; exec sleep 300"
    running = asyncio.create_task(run((SHELL, "-c", script), ENV, None, Limits()))
    while not (tmp_path / "begun").exists():  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not _lives(tmp_path)


async def test_the_child_stays_in_our_session_and_group() -> None:
    script = "import os; print(os.getsid(0), os.getpgid(0))"
    done = await run((sys.executable, "-S", "-c", script), ENV, None, Limits())
    assert done.stdout.split() == [b"%d" % os.getsid(0), b"%d" % os.getpgid(0)]


async def test_a_program_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        await run(("/nowhere/op",), ENV, None, Limits())


def _lives(place: Path) -> bool:
    try:
        os.kill(int((place / "pid").read_text()), 0)
    except ProcessLookupError:
        return False
    return True
