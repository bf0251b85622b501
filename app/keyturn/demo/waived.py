"""A direct grant that the demo's policy permits, or did."""

from dataclasses import dataclass

from keyturn_providers.records import Level


@dataclass(frozen=True, slots=True)
class Waived:
    """A direct grant that is, or was, permitted: `days` from now until it ends."""

    login: str
    vault: str
    level: Level
    days: int
    owner: str
    reason: str
    ticket: str
