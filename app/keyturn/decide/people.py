"""A person: the accounts of both sources matched as one human."""

from dataclasses import dataclass
from enum import StrEnum

from keyturn_providers.records import Account


class MatchedBy(StrEnum):
    """What says that the accounts of a person are one human; NOTHING where there is only one."""

    EXTERNAL_ID = "external id"
    EMAIL = "verified e-mail"
    ALIAS = "alias in the policy"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Person:
    """`key` is "d:<directory account id>", or "s:<secrets account id>" without one. Stable while
    that account exists. An account is in exactly one person."""

    key: str
    directory: Account | None
    secrets: Account | None
    matched_by: MatchedBy

    @property
    def name(self) -> str:
        """The name to show: the directory's, else the secrets side's."""
        account = self.directory or self.secrets
        return (account.display_name or account.name) if account else ""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Accounts that might be one human but are not provably so. Never acted on.

    `person_keys` are the persons these accounts ended up as, each alone."""

    reason: str
    directory_ids: tuple[str, ...]
    secrets_ids: tuple[str, ...]
    person_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """Everybody, and the accounts of whom it is not certain who they are."""

    people: tuple[Person, ...]
    ambiguities: tuple[Ambiguity, ...]
