"""The leaver's own way in: logs in as they would, and asks whether the vault still opens."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from keyturn.demo.openbao.fill import VAULT_TOKEN
from keyturn.demo.openbao.filling import text_at
from keyturn.demo.processes import DemoError
from keyturn_providers.contract import Surroundings
from keyturn_providers.http import Transport

_NAME = "the leaver's own session"


async def log_in(url: str, login: str, password: SecretStr) -> SecretStr:
    """A new token, by userpass. Raises DemoError where the login is refused."""
    async with _transport(url, None) as server:
        answer = await server.request(
            "POST",
            f"/v1/auth/userpass/login/{login}",
            what="logging in as the leaver",
            writes=True,
            json={"password": password.get_secret_value()},
            ok=(200, 400, 403),
        )
        if answer.status != 200:
            raise DemoError(f"keyturn demo: the login of {login} was refused ({answer.status}).")
        return SecretStr(text_at(json.loads(answer.body), "auth", "client_token"))


async def may_log_in(url: str, login: str, password: SecretStr) -> bool:
    """Whether the login still works."""
    try:
        await log_in(url, login, password)
    except DemoError:
        return False
    return True


async def opens(url: str, token: SecretStr, vault: str) -> int:
    """The status the vault answers to this token: 200 with its item, 403 without."""
    async with _transport(url, token) as server:
        answer = await server.request(
            "GET",
            f"/v1/{vault}/data/first",
            what="opening a vault as the leaver",
            writes=False,
            ok=(200, 403),
        )
        return answer.status


@asynccontextmanager
async def _transport(url: str, token: SecretStr | None) -> AsyncIterator[Transport]:
    held = token or SecretStr("")
    transport = Transport(
        _NAME, url, Surroundings(secret=lambda: held), auth=VAULT_TOKEN if token else None
    )
    try:
        yield transport
    finally:
        await transport.aclose()
