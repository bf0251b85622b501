"""A part of a source's settings that has a credential of its own, such as 1Password's bridge."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class CredentialPart(BaseModel):
    """`token_env` names an environment variable, `token_command` a program with its arguments that
    prints the credential; one of the two. `Surroundings.secret_of` gives it by the part's key."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token_env: VariableName | None = Field(
        None, description="The environment variable that holds the token."
    )
    token_command: tuple[str, ...] | None = Field(
        None, min_length=1, description="A program with its arguments that prints the token."
    )

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "CredentialPart":
        if (self.token_env is None) is (self.token_command is None):
            raise ValueError("Give it either token_env or token_command.")
        return self
