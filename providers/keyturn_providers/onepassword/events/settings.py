"""How the Events API is reached."""

from pathlib import Path

from pydantic import Field, field_validator

from keyturn_providers.credential_part import CredentialPart
from keyturn_providers.origin import checked_base

KEPT_DAYS = 120
"""How long 1Password keeps events, as of 2026."""


class EventsSettings(CredentialPart):
    """`url` is needed only for a token that does not name its own host, as older ones do not."""

    url: str | None = Field(None, description="Such as https://events.1password.com")
    ca_file: Path | None = Field(None, description="A PEM file with the company's own CA")

    kept_days: int = Field(
        KEPT_DAYS,
        ge=1,
        le=3650,
        description="How many days back 1Password gives events; nothing older is asked for.",
    )

    @field_validator("url")
    @classmethod
    def _may_carry_a_token(cls, url: str | None) -> str | None:
        return None if url is None else checked_base(url)
