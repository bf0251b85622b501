"""A simulated organisation that is served, and connectors for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm
from pydantic import SecretStr
from tests.providers.simulated_okta.acme import ACME, SECRET

from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.okta.connector import OktaConnector, open_okta
from keyturn_providers.okta.settings import OktaSettings
from keyturn_providers.simulated.okta.application import app
from keyturn_providers.simulated.okta.seeding import (
    OktaClient,
    OktaSeed,
    app_id,
    create,
    seed,
)
from keyturn_providers.simulated.wire.serving import serve_in_thread

SERVICE_KEY = rsa.generate_private_key(65537, 2048)
SERVICE_PEM = SERVICE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_jwk(kid: str = "k1") -> dict[str, object]:
    whole = RSAAlgorithm.to_jwk(SERVICE_KEY.public_key(), as_dict=True)
    return {**{name: whole[name] for name in ("kty", "n", "e")}, "kid": kid}


def service(name: str, scopes: tuple[str, ...], *, dpop: bool = False) -> OktaClient:
    return OktaClient(name, scopes=scopes, keys=(public_jwk(),), dpop=dpop)


@dataclass(frozen=True)
class Org:
    """`state` is the organisation's file, for looking behind the scenes."""

    url: str
    state: Path

    def settings(self, **more: object) -> OktaSettings:
        return OktaSettings.model_validate(
            {"url": self.url, "app": "1Password", "page_size": 2, **more}
        )

    def connect(
        self,
        secret: str = SECRET,
        observe: Callable[[RequestSeen | Waiting], None] = lambda _: None,
        *,
        read_only: bool = False,
        **more: object,
    ) -> OktaConnector:
        surroundings = Surroundings(
            secret=lambda: SecretStr(secret), read_only=read_only, observe=observe
        )
        return open_okta("okta", self.settings(**more), surroundings)

    def connect_service(self, name: str, **client: object) -> OktaConnector:
        chosen = {"id": app_id(name), "key_id": "k1", **client}
        return self.connect(SERVICE_PEM, client=chosen)


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    state = tmp_path / "okta.db"
    create(state)
    seed(state, ACME)
    with serve_in_thread([(app(state), 0)]) as (url,):
        yield Org(url, state)


def add(org: Org, *clients: OktaClient) -> None:
    seed(org.state, OktaSeed(clients=clients))
