"""A demo from start to end: servers, organisation, configuration, and nothing left behind."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from keyturn.demo.environment import in_environment
from keyturn.demo.openbao.config_file import DIRECTORY_TOKEN, SECRETS_TOKEN, write_config
from keyturn.demo.openbao.fill import fill
from keyturn.demo.openbao.servers import running_servers
from keyturn.demo.people import DOMAIN, LEAVER
from keyturn.demo.processes import DemoError
from keyturn.settings import CONFIG_NAME, Places
from keyturn_providers.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Leaver:
    """Who leaves in the demo, with the login that still works."""

    login: str
    email: str
    entity_id: str
    password: SecretStr


@dataclass(frozen=True, slots=True)
class DemoSession:
    """A running demo. `places` name its configuration and data; `environment` holds what
    keyturn.yaml's `token_env` name, and is in `os.environ` while the session lasts."""

    places: Places
    environment: Mapping[str, SecretStr]
    directory_url: str
    secrets_url: str
    audit_log: Path
    leaver: Leaver
    vault: str
    """A vault the leaver can open at the start."""


def _quiet(_: str) -> None:
    return None


@contextmanager
def demo_session(tell: Callable[[str], None] = _quiet) -> Iterator[DemoSession]:
    """Both servers filled and keyturn.yaml written, all in a temporary directory that is removed
    with the servers when the block is left. `tell` gets a line per stage. Raises `DemoError`."""
    tell("starting scim2-server and OpenBao ...")
    with running_servers() as servers:
        tell("filling them with the organisation ...")
        try:
            filled = asyncio.run(fill(servers))
        except ProviderError as failure:
            raise DemoError(
                f"keyturn demo: filling the servers failed. {failure} Run it again;"
                " if it stays so, please report it."
            ) from None
        data = servers.directory / "data"
        data.mkdir(mode=0o700)
        places = Places(config=servers.directory / CONFIG_NAME, data=data)
        write_config(places.config, servers, filled, datetime.now(UTC).date())
        environment = {
            DIRECTORY_TOKEN: servers.scim_token,
            SECRETS_TOKEN: filled.secrets.keyturn_token,
        }
        with in_environment(environment):
            yield DemoSession(
                places=places,
                environment=environment,
                directory_url=servers.scim_url,
                secrets_url=servers.bao_url,
                audit_log=servers.audit_log,
                leaver=Leaver(
                    login=LEAVER,
                    email=f"{LEAVER}@{DOMAIN}",
                    entity_id=filled.secrets.entities[LEAVER],
                    password=filled.secrets.passwords[LEAVER],
                ),
                vault="payments",
            )
