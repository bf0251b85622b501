"""What a sweep of kills saw, made by a process of its own."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.children import LIMIT_S, ran


def swept(
    victim: str, folder: Path, every: int, request: pytest.FixtureRequest
) -> tuple[list[dict[str, Any]], int]:
    """What a module `tests.crash.VICTIM` saw at every so many-th moment, all of them with
    --whole-sweep, in a process of its own; and how many moments were from one to the next."""
    step = 1 if request.config.getoption("--whole-sweep") else every
    command = [sys.executable, "-m", f"tests.crash.{victim}", str(folder), str(step)]
    # All of them take as long as they take.
    done = ran(command, Path(__file__).parents[2], None if step == 1 else LIMIT_S)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], step
