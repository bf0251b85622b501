"""What a tenant can be filled with, as values. `seeding.seed` puts them into a tenant's file.

Times are in milliseconds since 1970.
"""

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from keyturn_providers.simulated.onepassword.rights import BUILT_IN


def stable_id(text: str, *, capital: bool = False) -> str:
    """The same identifier for the same text, in 1Password's shape; capital for people."""
    made = b32encode(sha256(text.encode()).digest()[:17]).decode("ascii")[:26]
    return made if capital else made.lower()


BUILT_IN_IDS: Mapping[str, str] = {name: stable_id(f"built-in {name}") for name in BUILT_IN}
"""Name -> id of the groups every tenant has: Owners, Administrators, Security, Team Members,
Recovery, Provision Managers."""


@dataclass(frozen=True, slots=True)
class User:
    """A person. Everybody who is not a guest is in Team Members. `managed`: by provisioning;
    `personal_vault`: they have one that nobody else sees; `accepted_ms`: signed up then, not yet
    confirmed."""

    id: str
    name: str
    email: str
    state: str = "ACTIVE"
    type: str = "MEMBER"
    created_ms: int = 0
    updated_ms: int = 0
    last_auth_ms: int | None = None
    invited_ms: int | None = None
    accepted_ms: int | None = None
    external_id: str | None = None
    managed: bool = False
    externally_managed: bool = False
    personal_vault: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the account's own."""

    id: str
    name: str
    description: str = ""
    created_ms: int = 0
    permissions: tuple[str, ...] = ()
    external_id: str | None = None
    managed: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Who is in which group; `role` MEMBER or MANAGER."""

    group_id: str
    user_id: str
    role: str = "MEMBER"


@dataclass(frozen=True, slots=True)
class Vault:
    """A vault. Of type PERSONAL only its owner sees it."""

    id: str
    name: str
    type: str = "USER_CREATED"
    description: str = ""
    items: int = 0
    created_ms: int = 0
    updated_ms: int = 0
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a principal (`kind` user, group or service_account) may do on a vault. Granular or broad
    names; what they need must be among them, as 1Password keeps no other sets."""

    vault_id: str
    kind: str
    principal_id: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account, ACTIVE or DELETED. Its vaults are grants of kind service_account."""

    id: str
    name: str
    token: str
    state: str = "ACTIVE"
    can_create_vaults: bool = False
    created_ms: int = 0
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ConnectServer:
    """A Connect server."""

    id: str
    name: str
    creator_id: str
    state: str = "ACTIVE"
    created_ms: int = 0
    tokens_version: int = 1


@dataclass(frozen=True, slots=True)
class ConnectToken:
    """A token of a Connect server. `vaults`: vault id -> what it may do ("read", "write")."""

    id: str
    server_id: str
    name: str
    vaults: Mapping[str, tuple[str, ...]]
    state: str = "ACTIVE"
    features: tuple[str, ...] = ("vaultaccess",)
    created_ms: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """An item, of which only the outside exists."""

    id: str
    vault_id: str
    title: str
    category: str = "LOGIN"
    version: int = 1
    created_ms: int = 0
    updated_ms: int = 0
    last_edited_by: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something that was done by `actor_id`, a user of the tenant."""

    at_ms: int
    actor_id: str
    action: str
    object_type: str
    object_id: str
    aux_id: str = ""
    aux_info: str = ""


@dataclass(frozen=True, slots=True)
class ItemUsage:
    """An item of a shared vault that was used."""

    at_ms: int
    user_id: str
    vault_id: str
    item_id: str
    action: str = "fill"
    app: str = "1Password Browser Extension"


@dataclass(frozen=True, slots=True)
class SignIn:
    """An attempt to sign in."""

    at_ms: int
    user_id: str
    category: str = "success"
    type: str = "credentials_ok"
    app: str = "1Password for Mac"
    country: str = "CA"


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """An application of the Users API. `scopes` are what it may do."""

    id: str
    secret: str
    scopes: tuple[str, ...] = ("get", "list", "suspend", "reactivate")


@dataclass(frozen=True, slots=True)
class Seed:
    """All of it. `signed_in` is the user `op` is signed in as; `bridge_token` the bridge's bearer.

    The built-in groups come by themselves; name their members by `BUILT_IN_IDS`.
    """

    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    members: tuple[Member, ...] = ()
    vaults: tuple[Vault, ...] = ()
    grants: tuple[Grant, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    connect_servers: tuple[ConnectServer, ...] = ()
    connect_tokens: tuple[ConnectToken, ...] = ()
    items: tuple[Item, ...] = ()
    audit_events: tuple[AuditEvent, ...] = ()
    item_usages: tuple[ItemUsage, ...] = ()
    sign_ins: tuple[SignIn, ...] = ()
    oauth_clients: tuple[OAuthClient, ...] = ()
    signed_in: str = ""
    bridge_token: str = ""
