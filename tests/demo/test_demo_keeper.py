"""The keeper: it starts, tells, ends and clears away, and repeats no token."""

import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from keyturn.demo import keeper
from keyturn.demo.keeper import DIRECTORY_PREFIX, keep

STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('deaf', file=sys.stderr, flush=True); time.sleep(60)"
)


def command(name: str, code: str, **environment: str) -> dict[str, object]:
    return {"name": name, "command": [sys.executable, "-c", code], "environment": environment}


def said(directory: Path, *commands: dict[str, object]) -> bytes:
    """What keyturn writes to the keeper."""
    lines: tuple[object, ...] = ({"directory": str(directory)}, {"commands": commands})
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@contextmanager
def kept(directory: Path, *commands: dict[str, object]) -> Iterator[IO[bytes]]:
    """A keeper at work in a thread; leaving the block closes its input. Yields what it tells."""
    read_order, write_order = os.pipe()
    read_told, write_told = os.pipe()
    with (
        os.fdopen(read_order, "rb") as stdin,
        os.fdopen(write_told, "wb") as stdout,
        os.fdopen(read_told, "rb") as told,
    ):
        thread = threading.Thread(target=keep, args=(stdin, stdout), daemon=True)
        try:
            with os.fdopen(write_order, "wb") as order:
                order.write(said(directory, *commands))
                order.flush()
                thread.start()
                yield told
        finally:
            thread.join(20)
        assert not thread.is_alive()


def next_told(told: IO[bytes]) -> dict[str, object]:
    found: dict[str, object] = json.loads(told.readline())
    return found


def gone(pid: object) -> bool:
    assert isinstance(pid, int)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_tells_what_started_and_ends_it_with_its_input(tmp_path: Path) -> None:
    directory = tmp_path / f"{DIRECTORY_PREFIX}x"
    (directory / "deep").mkdir(parents=True)
    with kept(directory, command("sleeper", "import time; time.sleep(60)")) as told:
        started = next_told(told)
        assert started["started"] == "sleeper"
        assert not gone(started["pid"])
        assert directory.exists()
    assert gone(started["pid"])
    assert not directory.exists()


def test_it_tells_what_ended_by_itself_without_its_token(tmp_path: Path) -> None:
    code = (
        "import os, sys; print('stdout says', os.environ['A_TOKEN']);"
        " print('refused', os.environ['A_TOKEN'], os.environ['PORT'], file=sys.stderr); sys.exit(3)"
    )
    failing = command("failing", code, A_TOKEN="hidden-one", PORT="8200")
    with kept(tmp_path / "other", failing) as told:
        assert next_told(told)["started"] == "failing"
        assert next_told(told) == {"ended": "failing", "code": 3, "words": "refused *** 8200"}


def test_only_the_last_lines_are_kept(tmp_path: Path) -> None:
    code = "import sys; [print(n, file=sys.stderr) for n in range(1000)]"
    with kept(tmp_path / "other", command("wordy", code)) as told:
        next_told(told)
        words = str(next_told(told)["words"]).split()
    assert words == [str(number) for number in range(980, 1000)]


def test_what_does_not_end_when_told_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_GRACE_S", 0.05)
    with kept(tmp_path / "other", command("deaf", STUBBORN)) as told:
        pid = next_told(told)["pid"]
    assert gone(pid)


def test_a_directory_of_another_name_is_left_alone(tmp_path: Path) -> None:
    directory = tmp_path / "documents"
    directory.mkdir()
    with kept(directory):
        pass
    assert directory.exists()


def test_a_command_that_cannot_start_ends_those_that_did(tmp_path: Path) -> None:
    directory = tmp_path / f"{DIRECTORY_PREFIX}x"
    directory.mkdir()
    missing: dict[str, object] = {
        "name": "missing",
        "command": [str(tmp_path / "no")],
        "environment": {},
    }
    order = said(directory, command("sleeper", "import time; time.sleep(60)"), missing)
    told = io.BytesIO()
    with pytest.raises(FileNotFoundError):
        keep(io.BytesIO(order), told)
    assert gone(json.loads(told.getvalue().splitlines()[0])["pid"])
    assert not directory.exists()


class Broken(io.BytesIO):
    """An output whose reader is gone."""

    def write(self, _: object) -> int:
        raise BrokenPipeError


def test_a_reader_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    directory = tmp_path / f"{DIRECTORY_PREFIX}x"
    directory.mkdir()
    assert keep(io.BytesIO(said(directory, command("quick", "pass"))), Broken()) == 0
    assert not directory.exists()


def test_a_kill_before_anything_was_started_leaves_no_directory(tmp_path: Path) -> None:
    directory = tmp_path / f"{DIRECTORY_PREFIX}x"
    directory.mkdir()
    (directory / "okta.db").touch()
    first = said(directory).splitlines(keepends=True)[0]
    assert keep(io.BytesIO(first), io.BytesIO()) == 0
    assert not directory.exists()


def test_termination_leaves_in_order() -> None:
    handler: Callable[[int, None], object] = keeper._terminated
    with pytest.raises(SystemExit):
        handler(15, None)
