"""How the Users API is reached."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator

from keyturn_providers.credential_part import CredentialPart
from keyturn_providers.origin import checked_base, is_loopback

_Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]


class Region(StrEnum):
    """Where the account lives: 1password.com, .ca or .eu."""

    COM = "com"
    CA = "ca"
    EU = "eu"


class UsersApiSettings(CredentialPart):
    """An OAuth application of the account. `url` replaces the region's host, on loopback only: for
    a simulated tenant."""

    account_id: _Name = Field(description="The account's UUID: account_uuid in op whoami.")
    client_id: _Name = Field(description="The OAuth application's client id.")
    region: Region = Field(Region.COM, description="com, ca or eu")
    url: str | None = None

    @field_validator("url")
    @classmethod
    def _on_this_machine(cls, url: str | None) -> str | None:
        if url is None:
            return None
        base = checked_base(url)
        if not is_loopback(urlsplit(base).hostname or ""):
            raise ValueError("Leave url out: the region says where the Users API is.")
        return base

    @property
    def base_url(self) -> str:
        return self.url or f"https://api.1password.{self.region.value}"
