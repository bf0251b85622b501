"""The `op` surface as the composite connector uses it: who is signed in, a reader, a writer."""

from dataclasses import dataclass

from keyturn_providers.abilities import Ability
from keyturn_providers.contract import (
    Check,
    Condition,
    OwnIdentity,
    Surroundings,
    Topic,
)
from keyturn_providers.onepassword.op.client import OpClient
from keyturn_providers.onepassword.op.live import LiveRead
from keyturn_providers.onepassword.op.people import PeopleWriter
from keyturn_providers.onepassword.op.queries import Queries
from keyturn_providers.onepassword.op.reader import OpReader
from keyturn_providers.onepassword.op.settings import OpSettings
from keyturn_providers.onepassword.op.standing import Standing, find_standing
from keyturn_providers.onepassword.op.taken import Taken
from keyturn_providers.onepassword.op.vault_access import VaultAccess
from keyturn_providers.onepassword.op.writer import Hands, OpWriter
from keyturn_providers.records import PermissionRules

READS = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.LIST_VAULTS,
        Ability.LIST_GRANTS,
        Ability.LIST_MACHINES,
        Ability.LIST_ITEMS,
        Ability.READ_ACCOUNT,
        Ability.READ_MEMBERS,
        Ability.READ_MEMBERSHIPS,
        Ability.READ_GRANT,
        Ability.FIND_ACCOUNT,
    }
)
WRITES = frozenset(
    {
        Ability.SUSPEND,
        Ability.REACTIVATE,
        Ability.PROVISION,
        Ability.CONFIRM,
        Ability.ADD_MEMBERSHIP,
        Ability.REMOVE_MEMBERSHIP,
        Ability.GRANT,
        Ability.REVOKE,
        Ability.NARROW,
    }
)
_SERVICE_ACCOUNTS = (
    "service accounts: op has no list of them, and access to vaults they made is in no listing"
)
_NO_MACHINES = "Connect servers and their tokens: this session may not list them"
_OWN_VAULTS = "people's own vaults (Private, Employee): only their owner reaches them"
_NOT_OWNER = (
    "vaults nobody in this session can reach: the session is not an Owner's, so a vault may exist"
    " and be open to somebody without being seen here"
)
_AS_SERVICE_ACCOUNT = (
    "everything but the vaults this service account made itself: a person's session sees more"
)


@dataclass(frozen=True, slots=True)
class OpView:
    """What this surface, as signed in, can see and do. `owner`: it sees every vault but people's
    own. `business`: permissions are the twelve granular ones."""

    tenant: str
    address: str
    own: OwnIdentity
    version: str
    business: bool
    owner: bool
    reads: frozenset[Ability]
    writes: frozenset[Ability]
    blind_spots: tuple[str, ...]
    notes: tuple[str, ...]
    checks: tuple[Check, ...]
    permission_rules: PermissionRules


class OpSurface:
    """One account of 1Password through `op`. Belongs to one event loop.

    Does not know of read-only mode: whoever opens it asks for no writer then. What it revoked it
    can restore for as long as it lives.
    """

    def __init__(
        self, source: str, account: str, settings: OpSettings, surroundings: Surroundings
    ) -> None:
        self._settings = settings
        self._client = OpClient(source, account, settings, surroundings)
        self._queries = Queries(self._client)
        self._known: Standing | None = None
        self._taken = Taken()

    async def look(self) -> OpView:
        """Asks `op` for its version, the account and who is signed in; with the desktop app this
        brings up its prompt. Raises `ProviderError` where `op` is missing or nobody is signed in.
        """
        version = await self._queries.version()
        standing = await self._find_standing()
        return OpView(
            tenant=standing.tenant,
            address=standing.address,
            own=OwnIdentity(standing.own_id, standing.own_name),
            version=f"op {version}",
            business=standing.business,
            owner=standing.owner,
            reads=READS if standing.machines else READS - {Ability.LIST_MACHINES},
            writes=frozenset() if standing.service_account else WRITES,
            blind_spots=_blind_spots(standing),
            notes=_notes(standing, self._settings),
            checks=_checks(standing),
            permission_rules=standing.vocabulary.rules,
        )

    def reader(self) -> OpReader:
        """A new reader, for one refresh."""
        return OpReader(self._queries, self._standing)

    def writer(self) -> OpWriter:
        return OpWriter(self._hands)

    async def aclose(self) -> None:
        """Nothing stays open between calls of `op`."""

    async def _standing(self) -> Standing:
        return self._known or await self._find_standing()

    async def _find_standing(self) -> Standing:
        standing = self._known = await find_standing(self._queries)
        self._client.pin(standing.tenant)
        return standing

    async def _hands(self) -> Hands:
        standing = await self._standing()
        live = LiveRead(self._queries, self._standing, _no_roles, _no_vaults)
        after = self._settings.deauthorize_after
        return Hands(
            PeopleWriter(self._client, live, standing, self._taken, after),
            VaultAccess(self._client, live, standing, self._taken),
        )


async def _no_roles() -> dict[str, str]:
    """Writes need nobody's roles."""
    return {}


async def _no_vaults() -> frozenset[str]:
    """Writes go by what is held, whoever's vault it is."""
    return frozenset()


def _blind_spots(standing: Standing) -> tuple[str, ...]:
    if standing.service_account:
        return (_AS_SERVICE_ACCOUNT,)
    spots: tuple[str, ...] = (_OWN_VAULTS, _SERVICE_ACCOUNTS)
    if not standing.machines:
        spots = (*spots, _NO_MACHINES)
    return spots if standing.owner else (_NOT_OWNER, *spots)


def _notes(standing: Standing, settings: OpSettings) -> tuple[str, ...]:
    kind = standing.account_type or "an unknown kind"
    words = "granular" if standing.business else "broad"
    notes = [f"the account {standing.account_name} is {kind}: permissions are the {words} ones"]
    if settings.pace_writes_s and not standing.service_account:
        notes.append(
            f"vault permissions are changed at most every {settings.pace_writes_s:g} s, as"
            " 1Password's own scripts do"
        )
    return tuple(notes)


def _checks(standing: Standing) -> tuple[Check, ...]:
    signed_in = Check(Topic.TOKEN, Condition.WELL, "op", f"{standing.own_name} is signed in to op.")
    if standing.service_account:
        right = Check(
            Topic.SCOPE,
            Condition.WRONG,
            "op session",
            "It is a service account, which sees only the vaults it made.",
            "people's changes, groups, and nearly all vaults",
        )
    elif standing.owner:
        right = Check(
            Topic.SCOPE, Condition.WELL, "op session", "It is an Owner's and reaches every vault."
        )
    else:
        who = "neither an Owner's nor an Administrator's"
        if standing.administrator:
            who = "an Administrator's, not an Owner's"
        right = Check(
            Topic.SCOPE,
            Condition.WATCH,
            "op session",
            f"It is {who}: vaults that nobody shared with it are not seen.",
            "vaults the signed-in person cannot read or manage",
        )
    return signed_in, right
