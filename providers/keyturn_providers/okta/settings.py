"""The settings of an Okta source in keyturn.yaml, and the scopes keyturn asks for."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from keyturn_providers.origin import checked_base

READ_SCOPES = (
    "okta.users.read",
    "okta.groups.read",
    "okta.apps.read",
    "okta.logs.read",
    "okta.apiTokens.read",
    "okta.roles.read",
    "okta.appGrants.read",
    "okta.clients.read",
    "okta.orgs.read",
)
"""What a service app is asked to be granted for reading."""
WRITE_SCOPES = ("okta.users.manage", "okta.groups.manage")
"""And for changing: lifecycle and sessions, memberships."""


class ServiceAppSettings(BaseModel):
    """An OAuth service app with a private key (private_key_jwt); the key comes from token_env or
    token_command, as PEM or JWK. `scopes` empty: all that keyturn can use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, description="The service app's client id.")
    key_id: str | None = Field(
        None, min_length=1, description="The registered key's kid; a JWK brings its own."
    )
    scopes: tuple[str, ...] = Field((), description="The scopes granted to the service app.")


class OktaSettings(BaseModel):
    """`url` is the organisation's address. `app` is the secret manager's application in Okta, by id
    or label: its assignments tell what Okta pushes. `token_name` is the name of keyturn's API token
    in Okta, where the token's owner has several."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="The organisation's address, https://acme.okta.com.")
    client: ServiceAppSettings | None = Field(
        None, description="An OAuth service app instead of an API token."
    )
    app: str | None = Field(
        None, min_length=1, description="The secret manager's application in Okta: id or label."
    )
    token_name: str | None = Field(
        None, min_length=1, description="The name of keyturn's API token, if its owner has several."
    )
    ca_file: Path | None = Field(None, description="A PEM file with a company's own CA.")
    page_size: int = Field(
        200, ge=1, le=200, description="Records asked for at once; Okta recommends at most 200."
    )

    @field_validator("url")
    @classmethod
    def _may_take_the_token(cls, value: str) -> str:
        return checked_base(value)
