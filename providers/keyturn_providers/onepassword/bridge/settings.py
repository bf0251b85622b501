"""How the SCIM bridge is reached."""

from pathlib import Path

from pydantic import Field, field_validator

from keyturn_providers.credential_part import CredentialPart
from keyturn_providers.origin import checked_base


class BridgeSettings(CredentialPart):
    """`url` is the address of the SCIM bridge as 1Password shows it, or the SCIM URL itself where
    provisioning is hosted by 1Password (then it has a path)."""

    url: str = Field(description="Address of the SCIM bridge, or of hosted provisioning.")
    ca_file: Path | None = Field(None, description="A PEM file with the company's own CA")

    @field_validator("url")
    @classmethod
    def _may_carry_a_token(cls, url: str) -> str:
        return checked_base(url)
