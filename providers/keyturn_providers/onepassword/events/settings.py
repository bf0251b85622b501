"""How the Events API is reached."""

from pathlib import Path

from pydantic import Field, field_validator

from keyturn_providers.credential_part import CredentialPart
from keyturn_providers.origin import checked_base


class EventsSettings(CredentialPart):
    """`url` is needed only for a token that does not name its own host, as older ones do not."""

    url: str | None = Field(None, description="Such as https://events.1password.com")
    ca_file: Path | None = Field(None, description="A PEM file with the company's own CA")

    @field_validator("url")
    @classmethod
    def _may_carry_a_token(cls, url: str | None) -> str | None:
        return None if url is None else checked_base(url)
