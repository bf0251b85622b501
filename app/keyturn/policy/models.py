"""The shape of keyturn.yaml. The JSON Schema that editors use is made from these models."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from keyturn.policy.scalars import (
    Command,
    Count,
    DurationMs,
    Mode,
    OnOrOff,
    Permissions,
    Share,
    Text,
    UntilMs,
    Variable,
    Version,
)


def without_nothing(model: type[BaseModel], data: object) -> object:
    """`data` without those of the model's keys that have no value: `mappings:` with every line
    under it commented out is as good as no such key."""
    if not isinstance(data, dict):
        return data
    return {
        key: value
        for key, value in data.items()
        if value is not None or key not in model.model_fields
    }


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_absent(cls, data: Any) -> Any:  # noqa: ANN401  pydantic's hook: any input
        return without_nothing(cls, data)


class NamedIdPart(_Part):
    """An object by id. The id decides; the name is there to be read, and is checked."""

    id: Text
    name: Text


class GrantPart(_Part):
    """What a group may do with a vault."""

    vault: NamedIdPart
    permissions: Permissions = Field(
        description="A preset; of a list of presets, the widest; or a list of the source's own "
        "single permissions, such as view_items."
    )


class MappingPart(_Part):
    """A directory group, and what its members may do: this and no more."""

    group: NamedIdPart = Field(description="The directory group.")
    secrets_group: NamedIdPart | None = Field(
        None,
        description="The secret manager's group that stands for it; without it, the one with the "
        "same external id, else the only one with the same name.",
    )
    grants: list[GrantPart] = Field(default_factory=list)


class ExceptionPart(_Part):
    """Someone who may do something outside the mappings, for a time and for a reason."""

    person: Text = Field(description="A verified e-mail address, or the login.")
    vault: NamedIdPart
    permissions: Permissions
    until: UntilMs = Field(
        description="The last day (UTC), such as 2027-01-31, or a time with its offset."
    )
    owner: Text = Field(description="Who answers for the exception.")
    reason: Text
    ticket: Text | None = None


class AliasPart(_Part):
    """Two accounts of one human that nothing else ties together, by id or login."""

    directory: Text
    secrets: Text


class MachinePart(_Part):
    """Who answers for a machine identity, named by id or by its exact name."""

    machine: Text
    owner: Text
    reason: Text | None = None


class PrivilegePart(_Part):
    """Someone who may hold a privileged role in the secret manager."""

    person: Text
    role: Text


class RemovalsPart(_Part):
    """How much one plan, or one day, may take away."""

    count: Count = Field(10, description="Removals in one plan.")
    share: Share = Field(
        0.05,
        description="Removals in one plan, of what there is.",
        json_schema_extra={"default": "5%"},
    )
    per_day: Count = Field(25, description="Removals in 24 hours.")


class LimitsPart(_Part):
    """Where keyturn stops and asks, or refuses."""

    removals: RemovalsPart = Field(default_factory=lambda: RemovalsPart.model_validate({}))
    snapshot_age: DurationMs = Field(
        15 * 60_000,
        description="How old a snapshot may be for a removal to rest on it.",
        json_schema_extra={"default": "15m"},
    )
    source_shrink: Share = Field(
        0.10,
        description="How much smaller a source may be than when it was last read.",
        json_schema_extra={"default": "10%"},
    )
    silence: DurationMs = Field(
        24 * 60 * 60_000,
        description="How long nothing may have been read whole before keyturn drift raises the "
        "alarm: a schedule that died is not a quiet day.",
        json_schema_extra={"default": "24h"},
    )
    rate_reserve: Share = Field(
        0.30,
        description="The part of every rate limit that is left to others.",
        json_schema_extra={"default": "30%"},
    )


class AllowPart(_Part):
    """The kinds of change that are enabled."""

    suspend: OnOrOff = True
    reactivate: OnOrOff = True
    deactivate: OnOrOff = Field(
        False,
        description="End a leaver's account in the directory, after everything else is done.",
    )
    end_sessions: OnOrOff = Field(True, description="One by one, or all at once.")
    provision: OnOrOff = Field(
        False, description="Invite who should have an account in the secret manager."
    )
    confirm: OnOrOff = Field(
        True, description="Let in who accepted an invitation and is active in the directory."
    )
    add_membership: OnOrOff = True
    remove_membership: OnOrOff = True
    grant: OnOrOff = True
    revoke: OnOrOff = True
    narrow: OnOrOff = Field(True, description="Take single permissions from a grant.")


class SourcePart(_Part):
    """How a source is reached. Further keys are the kind's own."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    kind: Text = Field(description="Such as scim or openbao.")
    name: Text | None = Field(None, description="What the source is called; else its kind.")
    token_env: Variable | None = Field(
        None, description="The environment variable that holds the token."
    )
    token_command: Command | None = Field(
        None, description="A program with its arguments that prints the token."
    )


class EvidencePart(_Part):
    """How evidence is made."""

    signing_key: Text | None = Field(
        None,
        description="The path of an SSH key that signs evidence, from the folder of this file: a "
        "private key without passphrase, or the public half of one in ssh-agent. Never a key.",
    )


class RetentionPart(_Part):
    """How long personal data is kept. Nothing is removed but by keyturn retention purge."""

    days: Count | None = Field(
        None,
        description="How many days personal data of runs, closed cases and archived events is "
        "kept. Without it nothing is purged. A case under legal hold stays, however old.",
    )


class PolicyPart(_Part):
    """The policy of keyturn: the two sources, what should be, and the limits of every change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, title="keyturn.yaml"
    )

    version: Version
    organisation: Text | None = Field(None, description="Shown at the top of the dashboard.")
    mode: Mode = "read-write"
    directory: SourcePart = Field(description="The identity provider.")
    secrets: SourcePart = Field(description="The secret manager.")
    mappings: list[MappingPart] = Field(default_factory=list)
    exceptions: list[ExceptionPart] = Field(default_factory=list)
    aliases: list[AliasPart] = Field(default_factory=list)
    machines: list[MachinePart] = Field(default_factory=list)
    privileges: list[PrivilegePart] = Field(default_factory=list)
    limits: LimitsPart = Field(default_factory=lambda: LimitsPart.model_validate({}))
    allow: AllowPart = Field(default_factory=lambda: AllowPart.model_validate({}))
    evidence: EvidencePart = Field(default_factory=lambda: EvidencePart.model_validate({}))
    retention: RetentionPart = Field(default_factory=lambda: RetentionPart.model_validate({}))
    never_touch: list[Text] = Field(
        default_factory=list,
        description="Accounts that no change touches, by id, login or verified e-mail.",
    )
