"""The top level holds what was asked for and nothing else."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "uv.lock",
    "app",
    "providers",
    "storage",
    "tests",
    "screenshots",
}


def test_the_top_level_has_only_the_names_it_should() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    names = {path.split("/")[0] for path in listed.split("\0") if path}
    assert {name for name in names if not name.startswith(".")} <= ALLOWED
