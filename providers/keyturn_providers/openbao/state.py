"""What one read of a server gave, before it is turned into records. Plain frozen values."""

from dataclasses import dataclass, field

from keyturn_providers.openbao.payloads import Entity, IdentityGroup, TokenPayload
from keyturn_providers.openbao.policy import Policy
from keyturn_providers.records import Unreadable, Vault

# Login methods whose users or roles carry policies, and where they are listed below the mount.
USER_METHODS = {"userpass": "users"}
ROLE_METHODS = {"approle": "role", "jwt": "role", "oidc": "role", "kubernetes": "role"}
# Methods that programs log in by; an entity with no other alias is a service.
MACHINE_METHODS = frozenset({"approle", "kubernetes", "cert", "aws", "azure", "gcp", "kerberos"})
DEFAULT_POLICY = "default"


@dataclass(frozen=True, slots=True)
class KvMount:
    """A KV mount. `path` has no trailing slash; `version` is 1 or 2."""

    vault: Vault
    path: str
    version: int


@dataclass(frozen=True, slots=True)
class AuthMount:
    """An auth mount. `path` is without `auth/` and without a trailing slash."""

    path: str
    type: str
    accessor: str


@dataclass(frozen=True, slots=True)
class Login:
    """A userpass user or a role, with the policies that logging in by it gives.

    `method` is the mount's type; `role_type` and `bound` are told by jwt and oidc roles."""

    mount: AuthMount
    name: str
    policies: tuple[str, ...]
    default_policy: bool = True
    role_type: str = ""
    bound: str = ""

    @property
    def is_user(self) -> bool:
        return self.mount.type in USER_METHODS

    @property
    def gives(self) -> frozenset[str]:
        return frozenset(self.policies) | (
            frozenset({DEFAULT_POLICY}) if self.default_policy else frozenset()
        )


@dataclass(frozen=True, slots=True)
class Entities:
    items: tuple[Entity, ...]
    unreadable: tuple[Unreadable, ...] = ()
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Groups:
    items: tuple[IdentityGroup, ...]
    unreadable: tuple[Unreadable, ...] = ()
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Logins:
    """`unseen` names the auth mounts that may not be listed."""

    items: tuple[Login, ...]
    unreadable: tuple[Unreadable, ...] = ()
    proof: str = ""
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tokens:
    items: tuple[TokenPayload, ...]
    unreadable: tuple[Unreadable, ...] = ()
    proof: str = ""
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Mounts:
    items: tuple[KvMount, ...]
    unreadable: tuple[Unreadable, ...] = ()
    proof: str = ""

    def by_id(self, vault_id: str) -> KvMount | None:
        return next((mount for mount in self.items if mount.vault.id == vault_id), None)


@dataclass(frozen=True, slots=True)
class Policies:
    by_name: dict[str, Policy] = field(default_factory=dict)
    proof: str = ""
