"""A whole simulated account, served, and the connector over any set of its surfaces."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr
from tests.providers.simulated_onepassword.small_tenant import DANA, ENG, SMALL, person

from keyturn_providers.contract import Connector, Surroundings
from keyturn_providers.onepassword import PROVIDER, OnePasswordSettings
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.bridge import bridge_app
from keyturn_providers.simulated.onepassword.events_api import events_app
from keyturn_providers.simulated.onepassword.op_program import daemon
from keyturn_providers.simulated.onepassword.schema import create
from keyturn_providers.simulated.onepassword.seeding import seed
from keyturn_providers.simulated.onepassword.seeds import OAuthClient, User
from keyturn_providers.simulated.onepassword.users_api import users_app
from keyturn_providers.simulated.wire.serving import serve_in_thread

ALL = ("op", "bridge", "users_api", "events")
WAITING = person("waiting")
BRIDGE_TOKEN, USERS_SECRET = "bridge-token-5c1e", "users-api-secret-7f3a"


@dataclass(frozen=True, slots=True)
class Whole:
    """The tenant's file and where its surfaces are."""

    path: Path
    bridge: str
    users: str
    events: str

    def settings(self, *surfaces: str) -> OnePasswordSettings:
        told: dict[str, object] = {}
        if "op" in surfaces:
            program = str(inspection.op_program())
            command = (sys.executable, "-S", "-E", program, "--state", str(self.path))
            told["account"] = "acme.1password.com"
            told["op"] = {"command": command, "pace_writes_s": 0}
        if "bridge" in surfaces:
            told["bridge"] = {"url": self.bridge, "token_env": "B"}
        if "users_api" in surfaces:
            account = inspection.account_id(self.path)
            told["users_api"] = {
                "account_id": account,
                "client_id": "client",
                "token_env": "U",
                "url": self.users,
            }
        if "events" in surfaces:
            told["events"] = {"token_env": "E", "url": self.events}
        return OnePasswordSettings.model_validate(told)

    def secrets(self) -> dict[str, SecretStr]:
        events = inspection.events_token(self.path, self.events)
        every = {"bridge": BRIDGE_TOKEN, "users_api": USERS_SECRET, "events": events}
        return {part: SecretStr(secret) for part, secret in every.items()}

    def open(
        self, *surfaces: str, secrets: dict[str, SecretStr] | None = None, read_only: bool = False
    ) -> Connector:
        known = self.secrets() | (secrets or {})
        around = Surroundings(
            secret=lambda: SecretStr(""), secret_of=lambda part: known[part], read_only=read_only
        )
        return PROVIDER.open("1password", self.settings(*surfaces), around)


@contextmanager
def whole(path: Path) -> Iterator[Whole]:
    """A small account, served until the block ends."""
    create(path)
    client = OAuthClient("client", USERS_SECRET)
    waiting = User(WAITING, "Wanda Wait", "wanda@example.com", "TRANSFER_ACCEPTED", accepted_ms=1)
    users = [replace(one, external_id="00u-dana") if one.id == DANA else one for one in SMALL.users]
    groups = [replace(one, external_id="00g-eng") if one.id == ENG else one for one in SMALL.groups]
    filled = replace(SMALL, users=(*users, waiting), groups=tuple(groups))
    seed(path, replace(filled, bridge_token=BRIDGE_TOKEN, oauth_clients=(client,)))
    apps = [(bridge_app(path), 0), (users_app(path), 0), (events_app(path), 0)]
    with serve_in_thread(apps) as urls, daemon.running(path):
        yield Whole(path, *urls)
