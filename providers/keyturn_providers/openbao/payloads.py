"""The parts of OpenBao's answers that keyturn reads, as frozen pydantic models.

Unknown fields are ignored and null counts as absent, for both differ between versions. A wrong type
raises pydantic's ValidationError, and the object becomes an `Unreadable`.
"""

from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr


def _empty_if_null(value: object) -> object:
    return () if value is None else value


def _no_pairs_if_null(value: object) -> object:
    return {} if value is None else value


Texts = Annotated[tuple[StrictStr, ...], BeforeValidator(_empty_if_null)]
Pairs = Annotated[dict[str, StrictStr], BeforeValidator(_no_pairs_if_null)]


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Alias(Payload):
    """A login name of an entity. `mount_path` is "auth/userpass/"."""

    name: StrictStr
    mount_accessor: StrictStr = ""
    mount_path: StrictStr = ""
    mount_type: StrictStr = ""


class Entity(Payload):
    """`identity/entity/id/ID`. `disabled` and `direct_group_ids` are None where the server does not
    tell; `group_ids` are the inherited ones too."""

    id: StrictStr
    name: StrictStr
    disabled: StrictBool | None = None
    metadata: Pairs = Field(default_factory=dict)
    policies: Texts = ()
    aliases: Annotated[tuple[Alias, ...], BeforeValidator(_empty_if_null)] = ()
    group_ids: Texts = ()
    direct_group_ids: Annotated[tuple[StrictStr, ...] | None, BeforeValidator(_empty_if_null)] = (
        None
    )
    creation_time: StrictStr = ""


class IdentityGroup(Payload):
    """`identity/group/id/ID`."""

    id: StrictStr
    name: StrictStr
    type: StrictStr = ""
    metadata: Pairs = Field(default_factory=dict)
    policies: Texts = ()
    member_entity_ids: Texts = ()
    member_group_ids: Texts = ()


class MountPayload(Payload):
    """One entry of `sys/mounts` or `sys/auth`."""

    accessor: StrictStr
    type: StrictStr
    description: StrictStr = ""
    options: Pairs = Field(default_factory=dict)


class DevicePayload(Payload):
    """One entry of `sys/audit`."""

    type: StrictStr


class LoginPayload(Payload):
    """A userpass user or an approle, jwt, oidc or kubernetes role. `policies` is the old spelling
    of `token_policies`."""

    token_policies: Texts = ()
    policies: Texts = ()
    token_no_default_policy: bool = False
    role_type: StrictStr = ""
    bound_subject: StrictStr | None = None

    @property
    def all_policies(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.token_policies, *self.policies)))


class TokenPayload(Payload):
    """`auth/token/lookup-accessor`. `expire_time` is None for a token that never ends."""

    accessor: StrictStr
    display_name: StrictStr = ""
    entity_id: StrictStr = ""
    policies: Texts = ()
    identity_policies: Texts = ()
    path: StrictStr = ""
    meta: Pairs = Field(default_factory=dict)
    creation_time: int = 0
    creation_ttl: int = 0
    expire_time: StrictStr | None = None
    period: int = 0
    type: StrictStr = ""


class PolicyPayload(Payload):
    """One policy; older answers call the text `rules`."""

    policy: StrictStr | None = None
    rules: StrictStr | None = None

    @property
    def text(self) -> str:
        return self.policy or self.rules or ""


P = TypeVar("P", bound=Payload)


def read(model: type[P], data: object) -> P:
    """`data` as `model`; raises ValueError with the fields that do not fit, and no values."""
    try:
        return model.model_validate(data)
    except ValueError as problem:
        errors = getattr(problem, "errors", None)
        if errors is None:
            raise
        fields = sorted({".".join(map(str, e["loc"])) or "the whole" for e in errors()})
        raise ValueError(f"does not have the documented shape: {', '.join(fields[:5])}") from None
