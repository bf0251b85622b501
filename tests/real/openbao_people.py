"""A small organisation in a real OpenBao, made over its API, and connectors to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr
from tests.real.bao_server import BaoServer

from keyturn_providers.contract import Connector, Surroundings
from keyturn_providers.openbao import PROVIDER
from keyturn_providers.openbao.reader import OpenBaoAuditedReader, OpenBaoReader
from keyturn_providers.openbao.settings import OpenBaoSettings
from keyturn_providers.openbao.writer import OpenBaoWriter
from keyturn_providers.records import Grant, Vault

PASSWORD = "correct horse"


@dataclass(slots=True)
class Office:
    """The organisation by name."""

    bao: BaoServer
    entities: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def kv(self, path: str, version: str = "2") -> None:
        self.bao.must("POST", f"sys/mounts/{path}", {"type": "kv", "options": {"version": version}})

    def policy(self, name: str, text: str) -> None:
        self.bao.must("POST", f"sys/policies/acl/{name.replace('/', '%2F')}", {"policy": text})

    def person(
        self,
        name: str,
        *,
        policies: tuple[str, ...] = (),
        login_policies: tuple[str, ...] = (),
        metadata: Mapping[str, str] | None = None,
        login: bool = True,
    ) -> str:
        made = self.bao.must(
            "POST",
            "identity/entity",
            {"name": name, "policies": list(policies), "metadata": dict(metadata or {})},
        )
        self.entities[name] = str(made["id"])
        if login:
            self.bao.must(
                "POST",
                f"auth/userpass/users/{name}",
                {"password": PASSWORD, "token_policies": list(login_policies)},
            )
            self.alias(name, name, "userpass")
        return self.entities[name]

    def alias(self, name: str, login_name: str, mount: str) -> None:
        """Lets a login name of an auth mount be this person."""
        told = self.bao.must("GET", "sys/auth")[f"{mount}/"]
        assert isinstance(told, dict)
        self.bao.must(
            "POST",
            "identity/entity-alias",
            {
                "name": login_name,
                "canonical_id": self.entities[name],
                "mount_accessor": told["accessor"],
            },
        )

    def group(
        self,
        name: str,
        *,
        members: tuple[str, ...] = (),
        inside: tuple[str, ...] = (),
        policies: tuple[str, ...] = (),
        kind: str = "internal",
    ) -> str:
        body: dict[str, object] = {"name": name, "type": kind, "policies": list(policies)}
        if kind == "internal":
            body["member_entity_ids"] = [self.entities[member] for member in members]
            body["member_group_ids"] = [self.groups[group] for group in inside]
        self.groups[name] = str(self.bao.must("POST", "identity/group", body)["id"])
        return self.groups[name]

    def log_in(self, name: str) -> str:
        """The token of a fresh login."""
        reply = self.bao.call("POST", f"auth/userpass/login/{name}", {"password": PASSWORD})
        assert reply.status == 200, reply.body
        return str(reply.auth["client_token"])

    def members(self, group: str) -> set[str]:
        told = self.bao.must("GET", f"identity/group/id/{self.groups[group]}")
        ids = told["member_entity_ids"] or []
        assert isinstance(ids, list)
        return set(ids)


def office(bao: BaoServer) -> Office:
    """An empty organisation with userpass, approle and jwt."""
    for method in ("userpass", "approle", "jwt"):
        bao.must("POST", f"sys/auth/{method}", {"type": method})
    return Office(bao)


@asynccontextmanager
async def connected(
    bao: BaoServer,
    *,
    token: str | None = None,
    audit: bool = True,
    read_only: bool = False,
    namespace: str = "",
) -> AsyncIterator[Connector]:
    secret = SecretStr(bao.root_token if token is None else token)
    connector = PROVIDER.open(
        "secrets",
        OpenBaoSettings(
            url=bao.url, audit_log=bao.audit_path if audit else None, namespace=namespace
        ),
        Surroundings(secret=lambda: secret, read_only=read_only),
    )
    try:
        yield connector
    finally:
        await connector.aclose()


def reader_of(connector: Connector) -> OpenBaoReader:
    reader = connector.reader()
    assert isinstance(reader, OpenBaoReader)
    return reader


def audited_reader_of(connector: Connector) -> OpenBaoAuditedReader:
    reader = connector.reader()
    assert isinstance(reader, OpenBaoAuditedReader)
    return reader


def writer_of(connector: Connector) -> OpenBaoWriter:
    writer = connector.writer()
    assert isinstance(writer, OpenBaoWriter)
    return writer


async def vault_named(reader: OpenBaoReader, name: str) -> Vault:
    async for page in reader.vaults():
        for vault in page.records:
            if vault.name == name:
                return vault
    raise AssertionError(f"no vault {name}")


async def grants_on(reader: OpenBaoReader, name: str) -> list[Grant]:
    vault = await vault_named(reader, name)
    return [grant async for page in reader.grants(vault.id) for grant in page.records]
