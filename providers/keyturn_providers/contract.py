"""What a connector is: an `About`, a reader and a writer with the abilities it declares, and what
it is given from outside.

Readers and writers are separate objects, and in read-only mode no writer exists.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, SecretStr

from keyturn_providers.abilities import Ability
from keyturn_providers.questions import Question
from keyturn_providers.records import (
    PermissionRules,
    Side,
    SourceIdentity,
)

CONTRACT_VERSION = 1


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """Who keyturn itself is in this source. Never a target of a removal.

    `created_ms` and `expires_ms` are of the credential, None where nothing tells.
    """

    account_id: str | None
    name: str
    expires_ms: int | None = None
    created_ms: int | None = None


class Topic(StrEnum):
    """What a check of a source is about, in the order they are shown."""

    REACH = "reachability"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    TOKEN = "token"  # noqa: S105 - a topic, no credential
    SCOPE = "scope"
    RATE = "rate limit"
    HEALTH = "health"


class Condition(StrEnum):
    """How a check came out. UNKNOWN is neither well nor wrong."""

    WELL = "well"
    WATCH = "watch"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at in a source. `subject` is the surface, scope or part it is about, `words`
    one plain sentence. Where something is missing, `hides` says what cannot be seen or done
    therefore, as a phrase: "the audit log", "suspend and reactivate"."""

    topic: Topic
    condition: Condition
    subject: str
    words: str
    hides: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What this connector, as configured, can see and do.

    `consistency_delay_s`: how long a read by id may lag behind a write. `audit_lag_s`: how late an
    audit event may come before it counts as missing. `blind_spots` are complete phrases of what
    cannot be seen; while there are any, a verdict is "no access visible", not "no access".
    `checks` are what was looked at on the way. `permission_rules` are given by sources that grant
    permissions one by one. `events_kept_s`: for how long a streamed event can be had, None where it
    is not known. `parallel`: how many listings may be read at the same time, in any order but that
    memberships need the groups, and grants the vaults; 0: one collection after the other.
    `page_size`: how many records are asked for in a page, None where lists come whole or the source
    decides.
    `changes_at_once`: how many steps of a run may be under way there together, each with one
    request at a time.
    """

    source: SourceIdentity
    address: str
    abilities: frozenset[Ability]
    version: str = ""
    own: OwnIdentity | None = None
    blind_spots: tuple[str, ...] = ()
    consistency_delay_s: float = 0.0
    audit_lag_s: float = 0.0
    notes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    permission_rules: PermissionRules | None = None
    events_kept_s: float | None = None
    parallel: int = 0
    page_size: int | None = None
    changes_at_once: int = 1


class Connector(Protocol):
    """One connected source. Opened by a `Provider`; every method may raise `ProviderError`."""

    async def about(self) -> About:
        """Asks the tenant who it is and what the credential may do. Cheap; may be repeated."""
        ...

    def reader(self) -> object:
        """A new reader, for one refresh: it may remember what it read for its own lifetime.
        The by-id reads (`read_...`) are live at every call."""
        ...

    def writer(self) -> object:
        """The writer. Raises `ReadOnly` where the connector was opened read-only."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """One request as the activity list and the pacing display show it; no headers, no bodies."""

    source: str
    method: str
    path: str
    status: int | None
    elapsed_ms: float
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why nothing is being sent just now."""

    source: str
    seconds: float
    reason: str


def _ignore(_: "RequestSeen | Waiting") -> None:
    return None


def _no_other(part: str) -> SecretStr:
    raise LookupError(f"no credential is named for {part}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is given from outside.

    `secret` turns the name given in the configuration into the credential, from the environment or
    a command, at the moment of need. `secret_of` does the same for a part of the settings that has
    a `token_env` or `token_command` of its own, by that part's key (1Password's "bridge").
    `rate_reserve` is the share of each window left to others.
    """

    secret: Callable[[], SecretStr]
    secret_of: Callable[[str], SecretStr] = field(default=_no_other)
    read_only: bool = False
    rate_reserve: float = 0.3
    observe: Callable[[RequestSeen | Waiting], None] = field(default=_ignore)


@dataclass(frozen=True, slots=True)
class Provider:
    """What an entry point in `keyturn.providers` names. `settings` is the pydantic model of the
    provider's part of keyturn.yaml (without kind, name, token_env and token_command; parts of it
    that need a credential of their own have these two keys as fields, see `credential_part`; where
    only parts do, the model says so by a class variable `takes_token` that is False).
    `questions` are what `keyturn init` asks to fill them, in this order; `needs` are sentences on
    what has to exist in the tenant before, such as a token and its rights."""

    kind: str
    side: Side
    title: str
    settings: type[BaseModel]
    open: Callable[[str, BaseModel, Surroundings], Connector]
    contract_version: int = CONTRACT_VERSION
    questions: tuple[Question, ...] = ()
    needs: tuple[str, ...] = ()
