"""A HashiCorp Vault as far as the reads need one: no detailed policy list, `after` ignored."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from tests.fault.server import FaultServer, Reply, Request, fault_server

from keyturn_providers.contract import Surroundings
from keyturn_providers.openbao.connector import OpenBaoConnector
from keyturn_providers.openbao.settings import OpenBaoSettings

TOKEN = "s.the-token-of-the-test"


def told(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def data(value: object) -> Reply:
    return told({"request_id": "r", "data": value})


NOTHING = told({"errors": []}, 404)


@dataclass
class FakeVault:
    """`objects` by path answer GET, their keys below a folder answer LIST. `before` may answer
    instead; `hidden` are ids that LIST names and GET denies having."""

    objects: dict[str, dict[str, object]] = field(default_factory=dict)
    before: Callable[[Request], Reply | None] = lambda _: None

    def answer(self, request: Request) -> Reply:
        special = self.before(request)
        if special is not None:
            return special
        path = request.path.removeprefix("/v1/").rstrip("/")
        if path == "sys/health":
            return told({"cluster_id": "c-1", "version": "1.20.0", "sealed": False})
        if path == "sys/capabilities-self":
            asked = request.json()
            assert isinstance(asked, dict)
            return data({one: ["root"] for one in asked["paths"]})
        if path == "auth/token/lookup-accessor":
            asked = request.json()
            assert isinstance(asked, dict)
            return data({"accessor": asked["accessor"], "policies": ["read"], "period": 60})
        if path == "sys/policies/detailed/acl":
            return told({"errors": ["1 error occurred: unsupported operation"]}, 405)
        if request.query.get("list") == "true":
            keys = [p.removeprefix(f"{path}/") for p in self.objects if p.startswith(f"{path}/")]
            keys = [key for key in keys if "/" not in key]
            return data({"keys": keys}) if keys else NOTHING
        return data(self.objects[path]) if path in self.objects else NOTHING


def small_vault() -> FakeVault:
    """Two entities, a group with both, a userpass login, a token, two policies, one mount."""
    entity = {"disabled": False, "metadata": None, "aliases": None, "group_ids": ["g1"]}
    return FakeVault(
        {
            "auth/token/lookup-self": {"accessor": "own", "policies": ["root"]},
            "auth/token/accessors/own": {},
            "auth/token/accessors/t1": {},
            "sys/mounts": {
                "pay/": {"accessor": "kv_1", "type": "kv", "options": {"version": "2"}},
                "sys/": {"accessor": "s", "type": "system", "options": None},
            },
            "sys/auth": {"userpass/": {"accessor": "up", "type": "userpass"}},
            "sys/policies/acl/read": {"policy": 'path "pay/data/*" { policy = "read" }'},
            "sys/policies/acl/default": {"rules": ""},
            "identity/entity/id/e1": {**entity, "id": "e1", "name": "ana", "policies": ["read"]},
            "identity/entity/id/e2": {**entity, "id": "e2", "name": "bob", "policies": None},
            "identity/group/id/g1": {
                "id": "g1",
                "name": "eng",
                "type": "internal",
                "policies": ["read"],
                "member_entity_ids": ["e1", "e2"],
                "member_group_ids": None,
            },
            "auth/userpass/users/ana": {"token_policies": ["read"]},
        }
    )


@asynccontextmanager
async def serving(
    vault: FakeVault, audit_log: Path | None = None, audit_device: str = ""
) -> AsyncIterator[tuple[FaultServer, OpenBaoConnector]]:
    async with fault_server(vault.answer) as server:
        connector = OpenBaoConnector(
            "secrets",
            OpenBaoSettings(url=server.url, audit_log=audit_log, audit_device=audit_device),
            Surroundings(secret=lambda: SecretStr(TOKEN)),
        )
        try:
            yield server, connector
        finally:
            await connector.aclose()
