"""The simulated account served by its module, and filled in one go."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.children import LIMIT_S, reaped
from tests.providers.simulated_onepassword.small_tenant import PROD

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.schema import connect, create
from keyturn_providers.simulated.onepassword.seeding import seed
from keyturn_providers.simulated.onepassword.seeds import Grant, Seed, User, Vault

MODULE = "keyturn_providers.simulated.onepassword"


def test_three_surfaces_from_the_command_line(tenant: Path) -> None:
    with reaped(
        subprocess.Popen(
            [sys.executable, "-m", MODULE, str(tenant), "0", "0", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
    ) as served:
        assert served.stdout is not None
        urls = dict(served.stdout.readline().split() for _ in range(3))
        assert httpx.get(f"{urls['bridge']}/ping").status_code == 200
        assert httpx.get(f"{urls['users']}/v1beta1/accounts/A/users").status_code == 401
        assert httpx.post(f"{urls['events']}/api/v2/auditevents").status_code == 401
        served.terminate()
        served.wait(60)
    # The server ends in order and then by the signal that it was sent.
    assert served.returncode in (0, -signal.SIGTERM)


@pytest.mark.parametrize(
    "arguments", [(), ("/nowhere", "0", "0", "0"), ("/nowhere", "a", "0", "0")]
)
def test_wrong_arguments_are_explained(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", MODULE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert (done.returncode, done.stderr != "") == (2, True)


def test_a_tenant_is_neither_reset_nor_made_by_accident(tenant: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        create(tenant)
    with pytest.raises(FileNotFoundError):
        connect(tmp_path / "misspelt.db")


def test_seeding_is_all_or_nothing(tenant: Path) -> None:
    twice = User("NEW", "New", "new@example.com")
    with pytest.raises(Exception, match="UNIQUE"):
        seed(tenant, Seed(vaults=(Vault("extra", "Extra"),), users=(twice, twice)))
    with pytest.raises(KeyError):
        seed(tenant, Seed(users=(twice,), grants=(Grant(PROD, "user", "NEW", ("fly",)),)))
    assert inspection.user_state(tenant, "NEW") is None
