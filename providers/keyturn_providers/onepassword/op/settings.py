"""The settings of the `op` surface in keyturn.yaml, under `op`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from keyturn_providers.credential_part import VariableName

GoDuration = Annotated[str, StringConstraints(pattern=r"^([0-9]+(\.[0-9]+)?(s|m|h))+$")]


class OpSettings(BaseModel):
    """Everything has a value that fits a person's desktop.

    With `token_env` or `token_command` the session token of a manual sign-in (`op signin --raw`) is
    used; without, the desktop app or whatever `op` itself remembers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    command: tuple[str, ...] = Field(
        ("op",), min_length=1, description="The program, with arguments that come before all others"
    )
    pace_writes_s: float = Field(
        11.0, ge=0, le=600, description="Seconds between two changes of vault permissions"
    )
    deauthorize_after: GoDuration = Field(
        "5m", description="How long after a suspension the person's devices are deauthorised"
    )
    timeout_s: float = Field(60.0, gt=0, le=3600, description="The longest one call of op may take")
    token_env: VariableName | None = Field(
        None, description="The environment variable that holds the session token."
    )
    token_command: tuple[str, ...] | None = Field(
        None, min_length=1, description="A program with its arguments that prints the token."
    )

    @model_validator(mode="after")
    def _at_most_one(self) -> "OpSettings":
        if self.token_env is not None and self.token_command is not None:
            raise ValueError("Give it either token_env or token_command, not both.")
        return self

    @property
    def has_token(self) -> bool:
        """Whether a credential is named, to be asked for at the moment of need."""
        return self.token_env is not None or self.token_command is not None
