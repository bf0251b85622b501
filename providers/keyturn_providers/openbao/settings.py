"""The part of keyturn.yaml that belongs to OpenBao."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from keyturn_providers.origin import checked_base


class OpenBaoSettings(BaseModel):
    """`url` is the server's address without `/v1`. `audit_log` is the file an audit device of
    type file writes (or a copy that is kept up to date); without it keyturn cannot see the log.
    `namespace` is read alone: its child namespaces are a blind spot. `audit_device` names the
    device in the server's own list, where there are several: a blind spot says when it is not
    enabled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(min_length=1)]
    audit_log: Path | None = None
    audit_device: str = ""
    namespace: str = ""
    ca_file: Path | None = None
    concurrency: Annotated[int, Field(ge=1, le=32)] = 8

    @field_validator("url")
    @classmethod
    def _may_carry_a_token(cls, url: str) -> str:
        return checked_base(url)
