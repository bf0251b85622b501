"""Makes the demo's organisation on both servers, at the same time where they allow it."""

import asyncio
from dataclasses import dataclass

from keyturn.demo.openbao.fill_directory import DirectoryIds, fill_directory
from keyturn.demo.openbao.fill_secrets import SecretsIds, fill_secrets, prepare
from keyturn.demo.openbao.filling import filling
from keyturn.demo.openbao.servers import BAO, SCIM, Servers
from keyturn_providers.http import BEARER, AuthHeader

VAULT_TOKEN = AuthHeader("X-Vault-Token")


@dataclass(frozen=True, slots=True)
class Filled:
    """The ids and credentials of the organisation as made."""

    directory: DirectoryIds
    secrets: SecretsIds


async def fill(servers: Servers) -> Filled:
    """Fills both servers. Afterwards OpenBao's root token is revoked: keyturn works with a token
    whose policy reaches no item in any vault. Raises ProviderError."""
    async with (
        filling(SCIM, servers.scim_url, servers.scim_token, BEARER) as scim,
        filling(BAO, servers.bao_url, servers.bao_root_token, VAULT_TOKEN) as bao,
    ):
        (mounts, passwords), directory = await asyncio.gather(prepare(bao), fill_directory(scim))
        secrets = await fill_secrets(bao, mounts, passwords, directory)
        return Filled(directory, secrets)
