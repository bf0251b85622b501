"""Where each kind of holder keeps its policies, and what must be written to change them alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from keyturn_providers.openbao.carriers import CarrierKind, Holder
from keyturn_providers.openbao.client import BaoClient, part
from keyturn_providers.openbao.server_read import ServerRead, login_path
from keyturn_providers.openbao.state import DEFAULT_POLICY, ROLE_METHODS, USER_METHODS

# These roles are checked as a whole at each write, with defaults for what is not sent.
_WRITTEN_WHOLE = frozenset({"jwt", "oidc"})


@dataclass(frozen=True, slots=True)
class Held:
    """The policies on a holder now. Writing `{**rest, list_name: policies}` to `path` changes them
    and nothing else. `implied` are policies it has without naming them."""

    path: str
    policies: tuple[str, ...]
    list_name: str
    implied: frozenset[str] = frozenset()
    rest: Mapping[str, object] = field(default_factory=dict)


class PolicyHolders:
    def __init__(self, client: BaoClient, server: ServerRead) -> None:
        self._client = client
        self._server = server

    async def read(self, holder: Holder) -> Held | None:
        """What hangs on the holder at this moment; None if the holder does not exist."""
        if holder.kind is CarrierKind.ENTITY:
            entity = await self._server.entity(holder.parts[0])
            path = f"identity/entity/id/{part(holder.parts[0])}"
            return Held(path, entity.policies, "policies") if entity else None
        if holder.kind is CarrierKind.GROUP:
            group = await self._server.group(holder.parts[0])
            path = f"identity/group/id/{part(holder.parts[0])}"
            return Held(path, group.policies, "policies") if group else None
        if holder.kind is CarrierKind.TOKEN:
            return None
        return await self._login(holder)

    async def _login(self, holder: Holder) -> Held | None:
        mount_path, name = holder.parts
        methods = USER_METHODS if holder.kind is CarrierKind.USERPASS else ROLE_METHODS
        mount = next((m for m in await self._server.auth_mounts() if m.path == mount_path), None)
        if mount is None or mount.type not in methods:
            return None
        found = await self._server.login(mount, name)
        if found is None:
            return None
        login, data = found
        implied = (
            frozenset({DEFAULT_POLICY})
            if login.default_policy and DEFAULT_POLICY not in login.policies
            else frozenset()
        )
        rest: dict[str, object] = {}
        if mount.type in _WRITTEN_WHOLE:
            # `policies` is the old name of the same list; sent along it would contradict.
            rest = {k: v for k, v in data.items() if v is not None and k != "policies"}
        return Held(login_path(mount, name), login.policies, "token_policies", implied, rest)
