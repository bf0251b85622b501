"""The settings of a SCIM source in keyturn.yaml."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from keyturn_providers.origin import checked_base


class Paging(StrEnum):
    """How lists are read. AUTO goes by ServiceProviderConfig and falls back to the index."""

    AUTO = "auto"
    INDEX = "index"
    CURSOR = "cursor"


class ScimSettings(BaseModel):
    """`url` is the base that /Users and /Groups hang on. `own_account` is the id of the account
    that keyturn's token belongs to, where it is one of the directory's accounts: SCIM cannot tell,
    and with it keyturn refuses to suspend itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="The SCIM base, for example https://idp.example/scim/v2")
    page_size: int = Field(100, ge=1, le=1000, description="Records asked for in one page")
    paging: Paging = Field(Paging.AUTO, description="auto, index or cursor (RFC 9865)")
    ca_file: Path | None = Field(None, description="A PEM file with the company's own CA")
    own_account: str | None = Field(
        None, min_length=1, description="The account id that keyturn's own token belongs to"
    )

    @field_validator("url")
    @classmethod
    def _may_carry_a_token(cls, url: str) -> str:
        return checked_base(url)
