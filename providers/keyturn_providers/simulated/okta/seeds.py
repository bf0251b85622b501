"""What can be put into an org, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

LONG_AGO = datetime(2024, 2, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OktaUser:
    """One user. `id` "" is derived from the login (`user_id`); `roles` are types of admin roles,
    as SUPER_ADMIN; `profile` adds to the names and the e-mail address. `client_tokens` are the ids
    of the OAuth clients that hold a refresh token of the user, one for each time named."""

    login: str
    first_name: str = "Given"
    last_name: str = "Family"
    status: str = "ACTIVE"
    id: str = ""
    email: str = ""
    profile: Mapping[str, object] = field(default_factory=dict)
    created: datetime = LONG_AGO
    status_changed: datetime | None = None
    last_login: datetime | None = None
    provider: str = "OKTA"
    roles: tuple[str, ...] = ()
    sessions: int = 0
    client_tokens: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OktaGroup:
    """One group. Members and `by_rule` (members too, but by rules) are logins or ids."""

    name: str
    members: tuple[str, ...] = ()
    by_rule: tuple[str, ...] = ()
    type: str = "OKTA_GROUP"
    id: str = ""
    description: str | None = None
    created: datetime = LONG_AGO


@dataclass(frozen=True, slots=True)
class OktaRule:
    """A group rule. `groups` and `excluded` are names, logins or ids."""

    name: str
    expression: str
    groups: tuple[str, ...]
    status: str = "ACTIVE"
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OktaAppUser:
    """A direct assignment, or what differs from the usual for one by a group (scope GROUP)."""

    user: str
    external_id: str = ""
    scope: str = "USER"
    status: str = "ACTIVE"
    sync_state: str = "SYNCHRONIZED"
    changed: datetime = LONG_AGO


@dataclass(frozen=True, slots=True)
class OktaMapping:
    """A pushed group. `target_id` is the group's id in the target; it was pushed last when it
    `changed` last."""

    group: str
    target_id: str = ""
    status: str = "ACTIVE"
    error: str = ""
    changed: datetime = LONG_AGO


@dataclass(frozen=True, slots=True)
class OktaApp:
    """An app. Members of `groups` are assigned by them; `external_ids` (by login) gives their ids
    in the target where `users` does not."""

    label: str
    id: str = ""
    name: str = "1password_business"
    status: str = "ACTIVE"
    sign_on_mode: str = "SAML_2_0"
    features: tuple[str, ...] = (
        "PUSH_NEW_USERS",
        "PUSH_PROFILE_UPDATES",
        "PUSH_USER_DEACTIVATION",
        "GROUP_PUSH",
    )
    users: tuple[OktaAppUser, ...] = ()
    groups: tuple[str, ...] = ()
    external_ids: Mapping[str, str] = field(default_factory=dict)
    mappings: tuple[OktaMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class OktaApiToken:
    """An SSWS token. Only a fingerprint of `secret` is kept."""

    name: str
    owner: str
    secret: str
    id: str = ""
    created: datetime = LONG_AGO


@dataclass(frozen=True, slots=True)
class OktaClient:
    """A service app. `keys` are public JWKs with a `kid`; without a role it may do nothing."""

    name: str
    scopes: tuple[str, ...] = ()
    keys: tuple[Mapping[str, object], ...] = ()
    roles: tuple[str, ...] = ("SUPER_ADMIN",)
    dpop: bool = False
    id: str = ""
    granted_by: str = ""


@dataclass(frozen=True, slots=True)
class OktaEvent:
    """An event of the past. `users` and `groups` are its targets, in this order."""

    type: str
    at: datetime
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    actor: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class OktaSeed:
    """All that is put into an org. Logins, names and ids of one seed may refer to each other."""

    users: tuple[OktaUser, ...] = ()
    groups: tuple[OktaGroup, ...] = ()
    rules: tuple[OktaRule, ...] = ()
    apps: tuple[OktaApp, ...] = ()
    api_tokens: tuple[OktaApiToken, ...] = ()
    clients: tuple[OktaClient, ...] = ()
    events: tuple[OktaEvent, ...] = ()
