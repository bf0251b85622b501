"""What a source is called and which side it is on. Part of `keyturn_providers.records`, apart so
that who needs no records need not make all of their classes."""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Which half of the truth a source owns."""

    DIRECTORY = "directory"
    SECRETS = "secrets"


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """A source as storage and decisions know it. `tenant` is the vendor's own id of the tenant."""

    name: str
    kind: str
    side: Side
    tenant: str
