"""One connected OpenBao (or Vault) server: who it is, who keyturn is there, reader and writer."""

import time

from keyturn_providers.abilities import Ability
from keyturn_providers.checks import server_checks, token_check
from keyturn_providers.contract import (
    About,
    Check,
    OwnIdentity,
    Surroundings,
)
from keyturn_providers.errors import NotAllowed, NotAuthenticated, ReadOnly, Unreachable
from keyturn_providers.http import AuthHeader, Transport
from keyturn_providers.openbao.about_checks import SUBJECT, health_check, log_checks
from keyturn_providers.openbao.audit import AuditLog
from keyturn_providers.openbao.audit_devices import device_problems
from keyturn_providers.openbao.client import BaoClient, explain
from keyturn_providers.openbao.operation_header import NOT_SET, WILL_SET, OperationHeader
from keyturn_providers.openbao.payloads import TokenPayload
from keyturn_providers.openbao.reader import OpenBaoAuditedReader, OpenBaoReader, View
from keyturn_providers.openbao.server_read import ServerRead
from keyturn_providers.openbao.settings import OpenBaoSettings
from keyturn_providers.openbao.sight import Sight, look
from keyturn_providers.openbao.translate import time_ms, token_holder
from keyturn_providers.openbao.writer import OpenBaoWriter, Own
from keyturn_providers.records import Side, SourceIdentity
from keyturn_providers.text import safe

READS = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.LIST_VAULTS,
        Ability.LIST_GRANTS,
        Ability.LIST_MACHINES,
        Ability.READ_ACCOUNT,
        Ability.READ_MEMBERS,
        Ability.READ_MEMBERSHIPS,
        Ability.READ_GRANT,
        Ability.READ_SESSIONS,
    }
)
WRITES = frozenset(
    {
        Ability.SUSPEND,
        Ability.REACTIVATE,
        Ability.END_SESSIONS,
        Ability.ADD_MEMBERSHIP,
        Ability.REMOVE_MEMBERSHIP,
        Ability.GRANT,
        Ability.REVOKE,
    }
)
# The file device writes an entry before the answer is sent; a copied file may come later.
_AUDIT_LAG_S = 5.0
_BATCH_TOKENS = (
    "batch tokens: they have no accessor and cannot be listed; each ends by its own time limit"
)
_NOT_SERVING = {
    429: "is a standby node, which does not answer",
    472: "is a disaster-recovery standby, which does not answer",
    473: "is a performance standby",
    501: "is not initialised",
    503: "is sealed",
}


class OpenBaoConnector:
    """Opened by `keyturn_providers.openbao.PROVIDER`. Holds the connection until `aclose`."""

    def __init__(self, name: str, settings: OpenBaoSettings, surroundings: Surroundings) -> None:
        self._name = name
        self._settings = settings
        self._read_only = surroundings.read_only
        self._reserve = surroundings.rate_reserve
        namespace = settings.namespace.strip("/")
        self._namespace = namespace
        self._transport = Transport(
            name,
            settings.url,
            surroundings,
            auth=AuthHeader("X-Vault-Token"),
            ca_file=settings.ca_file,
            explain=explain,
        )
        self._client = BaoClient(self._transport, namespace)
        self._server = ServerRead(self._client, settings.concurrency)
        self._header = OperationHeader(self._client)
        self._log = AuditLog(name, settings.audit_log) if settings.audit_log else None
        self._known: View | None = None
        self._token: TokenPayload | None = None

    async def about(self) -> About:
        """Asks health, own token, and what the token may do. `own.account_id` is the entity of
        keyturn's token; without an entity, the id of the token's machine identity."""
        version, tenant, health = await self._tenant()
        token = await self._own_token()
        sight = await self._look()
        self._known = _view(sight, token)
        spots, notes = list(sight.blind_spots), list(sight.notes)
        spots.append(_BATCH_TOKENS)
        spots.extend(await self._child_namespaces())
        problem = self._log.problem() if self._log else ""
        devices: tuple[str, ...] = ()
        if self._log is None:
            spots.append("the audit log: no audit_log is configured")
        elif problem:
            spots.append(f"the audit log: {safe(problem)}")
        else:
            devices = await device_problems(self._client, self._settings.audit_device)
            spots.extend(devices)
        header = await self._header_notes(sight)
        notes.extend(header)
        notes.append(
            "a grant shows what one policy allows by itself; another policy of the same person may"
            " deny it"
        )
        own = OwnIdentity(
            account_id=token.entity_id or token_holder(token.accessor).text,
            name=safe(token.display_name or token.accessor),
            expires_ms=time_ms(token.expire_time),
            created_ms=token.creation_time * 1000 or None,
        )
        log = log_checks(
            configured=self._log is not None,
            problem=safe(problem),
            device_problems=devices,
            header=None if self._read_only else NOT_SET not in header,
        )
        return About(
            source=SourceIdentity(self._name, "openbao", Side.SECRETS, tenant),
            address=self._transport.base_url,
            abilities=self._abilities(),
            version=version,
            own=own,
            blind_spots=tuple(spots),
            consistency_delay_s=0.0,
            audit_lag_s=_AUDIT_LAG_S,
            notes=tuple(notes),
            checks=(*self._server_checks(own, token, sight), health, *log),
            changes_at_once=self._settings.concurrency,
        )

    def reader(self) -> OpenBaoReader:
        if self._log is not None and not self._log.problem():
            return OpenBaoAuditedReader(self._name, self._server, self._view, self._log)
        return OpenBaoReader(self._name, self._server, self._view)

    def writer(self) -> OpenBaoWriter:
        if self._read_only:
            raise ReadOnly(
                self._name,
                "opening a writer",
                "keyturn runs read-only.",
                "Start it without --read-only and with mode other than read-only to change things.",
            )
        return OpenBaoWriter(self._client, self._server, self._own, self._header)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _server_checks(
        self, own: OwnIdentity, token: TokenPayload, sight: Sight
    ) -> tuple[Check, ...]:
        transport, now_ms = self._transport, time.time_ns() // 1_000_000
        return (
            *server_checks(
                SUBJECT,
                transport.base_url,
                transport.seen,
                transport.windows(),
                now_ms=now_ms,
                reserve=self._reserve,
            ),
            token_check(SUBJECT, own, now_ms, endless=token.expire_time is None),
            *sight.reads,
            *(() if self._read_only else sight.writes),
        )

    def _abilities(self) -> frozenset[Ability]:
        abilities = READS
        if self._log is not None and not self._log.problem():
            abilities |= {Ability.READ_AUDIT}
        return abilities if self._read_only else abilities | WRITES

    async def _tenant(self) -> tuple[str, str, Check]:
        status, health = await self._client.health()
        if status != 200 and status != 473:
            state = _NOT_SERVING.get(status, f"answers {status}")
            raise Unreachable(
                self._name,
                "asking who it is",
                f"The server at {self._transport.base_url} {state}.",
                "Unseal it, or give keyturn the address of the active node.",
            )
        cluster = health.get("cluster_id")
        if not isinstance(cluster, str) or not cluster:
            raise Unreachable(
                self._name,
                "asking who it is",
                "The server does not say which cluster it belongs to.",
                "Check that the url leads to OpenBao or Vault, and that it is unsealed.",
            )
        tenant = f"{cluster}/{self._namespace}" if self._namespace else cluster
        version = safe(str(health.get("version", "")), 40)
        return version, safe(tenant, 200), health_check(status, version)

    async def _own_token(self) -> TokenPayload:
        what = "looking up keyturn's own token"
        try:
            data = await self._client.get("auth/token/lookup-self", what)
        except NotAllowed as refusal:
            # A bad token and a missing right are the same 403 here; every good token may do this
            # unless it was made without the default policy.
            why = refusal.why.removesuffix(" The token is good, but this is not allowed with it.")
        else:
            self._token = self._server.shaped(TokenPayload, data or {}, what)
            return self._token
        raise NotAuthenticated(
            self._name,
            what,
            f"{why} The token is wrong, expired or revoked (or was made without the policy"
            " default).",
            "Put a valid token where token_env or token_command points to.",
        )

    async def _look(self) -> Sight:
        try:
            mounts = await self._server.auth_mounts()
        except NotAllowed:
            return await look(self._client, None)
        return await look(self._client, mounts)

    async def _child_namespaces(self) -> tuple[str, ...]:
        try:
            children = await self._client.keys("sys/namespaces", "listing child namespaces")
        except NotAllowed:
            return ("child namespaces: keyturn's token may not list them",)
        shown = ", ".join(safe(child, 60) for child in children[:5])
        more = f" and {len(children) - 5} more" if len(children) > 5 else ""
        return (f"the child namespaces {shown}{more}: only one is read",) if children else ()

    async def _header_notes(self, sight: Sight) -> tuple[str, ...]:
        if self._read_only or await self._header.is_set():
            return ()
        if not sight.may_set_header:
            return (NOT_SET,)
        return (WILL_SET,)

    async def _view(self) -> View:
        if self._known is None:
            token = await self._own_token()
            self._known = _view(await self._look(), token)
        return self._known

    async def _own(self) -> Own:
        token = self._token or await self._own_token()
        return Own(token.accessor, token.entity_id)


def _view(sight: Sight, token: TokenPayload) -> View:
    return View(sight, token.accessor, frozenset((*token.policies, *token.identity_policies)))
