"""What a grant allows, as one word. Part of `keyturn_providers.records`, for who needs no more."""

from enum import StrEnum


class Level(StrEnum):
    """What a grant allows, weakest first. UNKNOWN: the source's rule cannot be evaluated."""

    NONE = "none"
    LIST = "list"
    READ = "read"
    WRITE = "write"
    MANAGE = "manage"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 for NONE to 4 for MANAGE; UNKNOWN ranks above all, so that it is never narrow."""
        return list(Level).index(self)
