"""A start imports only what it needs: every library here costs tenths of a second."""

import subprocess
import sys

import pytest
from tests.children import LIMIT_S

HEAVY = ("textual", "httpx", "sqlite_utils", "pydantic", "yaml", "scim2_models", "stamina")


def _imported(arguments: list[str]) -> set[str]:
    program = (
        "import sys\n"
        "from keyturn.cli.app import run\n"
        f"code = run({arguments!r})\n"
        "print('modules:', *sorted({name.split('.')[0] for name in sys.modules}))\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_answering_about_itself_imports_nothing_heavy(arguments: list[str]) -> None:
    assert _imported(arguments) & set(HEAVY) == set()
