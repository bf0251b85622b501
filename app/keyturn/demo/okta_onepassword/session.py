"""The demo on Okta and 1Password from start to end: tenants, configuration, and nothing left."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from keyturn.demo.environment import in_environment
from keyturn.demo.keeper import DIRECTORY_PREFIX
from keyturn.demo.okta_onepassword.archived import archive_history
from keyturn.demo.okta_onepassword.config_file import (
    BRIDGE_TOKEN,
    EVENTS_TOKEN,
    OKTA_TOKEN,
    USERS_SECRET,
    Sources,
    write_config,
)
from keyturn.demo.okta_onepassword.naming import account_id
from keyturn.demo.people import DOMAIN, LEAVER
from keyturn.demo.ports import free_ports
from keyturn.demo.processes import (
    Command,
    DemoError,
    DemoNotInstalled,
    Keeper,
    ending_on_signals,
    kept_environment,
    wait_until_ready,
)
from keyturn.settings import CONFIG_NAME, Places

NAME = "the simulated tenants"
_PORTS = 4
"""As many as `tenants_process` serves on."""


@dataclass(frozen=True, slots=True)
class DemoSession:
    """A running demo. `places` name its configuration and data; `environment` holds what
    keyturn.yaml's `token_env` name, and is in `os.environ` while the session lasts. `okta` and
    `onepassword` are the tenants' own files, to look behind what keyturn says."""

    places: Places
    environment: Mapping[str, SecretStr]
    okta: Path
    onepassword: Path
    leaver_email: str
    leaver_account_id: str
    """The leaver's id in 1Password."""
    pids: Mapping[str, int]


def require_installed() -> None:
    """Raises `DemoNotInstalled`, naming what to install, unless the tenants can be served."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise DemoNotInstalled(
            f"keyturn demo needs {' and '.join(missing)}, which serve the simulated tenants and"
            ' come as the extra `demo`. Install them with: pip install "keyturn[demo]"'
        )


def _quiet(_: str) -> None:
    return None


@contextmanager
def demo_session(tell: Callable[[str], None] = _quiet) -> Iterator[DemoSession]:
    """Both tenants filled and serving, keyturn.yaml written and two years of events archived, all
    in a temporary directory that is removed when the block is left. `tell` gets a line per stage.
    Raises `DemoError`."""
    require_installed()
    from keyturn.demo.okta_onepassword.tenants import ACCOUNT_ID, files_in, make_tenants
    from keyturn_providers.simulated.onepassword.inspection import events_token, op_program

    directory = Path(tempfile.mkdtemp(prefix=DIRECTORY_PREFIX))
    with ending_on_signals(), _kept(directory) as keeper:
        port = free_ports(_PORTS)
        okta_url, bridge_url, users_url, events_url = (
            f"http://127.0.0.1:{one}" for one in range(port, port + _PORTS)
        )
        tell("filling the simulated Okta and 1Password ...")
        serving = [sys.executable, "-m", "keyturn.demo.okta_onepassword.tenants_process"]
        serving += [*map(str, files_in(directory)), str(port)]
        keeper.start([Command(NAME, serving, kept_environment())])
        tenants = make_tenants(directory, f"{bridge_url}/scim")
        data = directory / "data"
        data.mkdir(mode=0o700)
        places = Places(config=directory / CONFIG_NAME, data=data)
        op = (sys.executable, "-I", "-S", str(op_program()), "--state", str(tenants.onepassword))
        sources = Sources(okta_url, f"{bridge_url}/scim", users_url, events_url, ACCOUNT_ID, op)
        write_config(places.config, sources, datetime.now(UTC).date())
        environment = {
            OKTA_TOKEN: tenants.okta_token,
            BRIDGE_TOKEN: tenants.bridge_token,
            USERS_SECRET: tenants.users_secret,
            EVENTS_TOKEN: SecretStr(events_token(tenants.onepassword, events_url)),
        }
        why = wait_until_ready(
            keeper, [(okta_url, "/api/v1/org"), (users_url, "/v1beta1/accounts/none/users")]
        )
        if why:
            raise DemoError(f"keyturn demo: the simulated tenants did not start. {why} Try again.")
        with in_environment(environment):
            tell("archiving two years of its events ...")
            archive_history(places, sources, tenants.onepassword)
            yield DemoSession(
                places=places,
                environment=environment,
                okta=tenants.okta,
                onepassword=tenants.onepassword,
                leaver_email=f"{LEAVER}@{DOMAIN}",
                leaver_account_id=account_id(LEAVER),
                pids=keeper.pids,
            )


@contextmanager
def _kept(directory: Path) -> Iterator[Keeper]:
    keeper = Keeper(directory)
    try:
        yield keeper
    finally:
        keeper.end()
