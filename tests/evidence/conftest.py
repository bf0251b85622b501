"""SSH keys for signatures."""

import subprocess
from pathlib import Path

import pytest


def new_key(path: Path) -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a.ruiz", "-f", str(path)],
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    return path


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_key(tmp_path_factory.mktemp("keys") / "auditable")


@pytest.fixture(scope="session")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_key(tmp_path_factory.mktemp("keys") / "somebody")


@pytest.fixture(scope="session")
def signers(key: Path) -> Path:
    """Who may sign, as ssh-keygen reads it."""
    public = Path(f"{key}.pub").read_text(encoding="utf-8")
    path = key.with_name("allowed_signers")
    path.write_text(f'a.ruiz@acme.example namespaces="keyturn-evidence" {public}', "utf-8")
    return path
