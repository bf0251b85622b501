"""How a source stands: asked once, without changing anything, and put into an order for reading."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.connections import config_of, open_source
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import (
    About,
    Check,
    Condition,
    Connector,
    Topic,
)
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Side
from keyturn_providers.registry import check

SIGNS: Mapping[Condition, str] = {
    Condition.WRONG: "!",
    Condition.WATCH: "~",
    Condition.UNKNOWN: "?",
    Condition.WELL: "=",
}
"""The gutter sign of each condition, worst first."""
_WORST_FIRST = tuple(SIGNS)
_TOPICS = tuple(Topic)
_OF_VAULTS = frozenset(
    {
        Ability.LIST_VAULTS,
        Ability.LIST_GRANTS,
        Ability.LIST_MACHINES,
        Ability.READ_GRANT,
        Ability.STREAM_EVENTS,
        Ability.PROVISION,
        Ability.CONFIRM,
        Ability.GRANT,
        Ability.REVOKE,
        Ability.NARROW,
    }
)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source's answer: `about`, or the `failure` in its place."""

    side: Side
    name: str
    kind: str
    about: About | None = None
    failure: Exception | None = None

    @property
    def worst(self) -> Condition:
        """WRONG where the source could not be asked, else the worst of its checks."""
        if self.about is None:
            return Condition.WRONG
        return worst(self.about.checks)


async def ask_source(loaded: LoadedPolicy, side: Side, *, read_only: bool) -> SourceHealth:
    """Asks the source of one side who it is and what the credential may do.

    No writer is made. Any failure is part of the answer, so that the other source is still asked.
    """
    config = config_of(loaded, side)
    opening = partial(open_source, loaded, side, read_only=read_only)
    return await ask(side, config.name, config.kind, opening)


async def ask(side: Side, name: str, kind: str, opening: Callable[[], Connector]) -> SourceHealth:
    """As `ask_source`, of the connector that `opening` gives; it is closed again."""
    try:
        connector = opening()
        try:
            about = await connector.about()
            check(about, connector.reader(), None)
        finally:
            await connector.aclose()
    except Exception as failure:  # noqa: BLE001 - worded by who asked; the other source is asked too
        return SourceHealth(side, name, kind, failure=failure)
    return SourceHealth(side, name, kind, about=about)


def worst(checks: Iterable[Check]) -> Condition:
    """The worst condition among them; UNKNOWN where nothing was checked."""
    found = {one.condition for one in checks}
    return next((one for one in _WORST_FIRST if one in found), Condition.UNKNOWN)


def by_topic(checks: Iterable[Check]) -> Sequence[Check]:
    """In the order of topics, the worst of each first."""
    return sorted(
        checks, key=lambda one: (_TOPICS.index(one.topic), _WORST_FIRST.index(one.condition))
    )


def worst_first(checks: Iterable[Check]) -> Sequence[Check]:
    """The worst first, those of one condition in the order of topics."""
    return sorted(
        checks, key=lambda one: (_WORST_FIRST.index(one.condition), _TOPICS.index(one.topic))
    )


def lacking(side: Side, abilities: Iterable[Ability]) -> tuple[Ability, ...]:
    """What a source of this side might do and this one does not, in the contract's order."""
    held = frozenset(abilities)
    of_side = [one for one in Ability if side is Side.SECRETS or one not in _OF_VAULTS]
    return tuple(one for one in of_side if one not in held)


def failure_parts(failure: Exception) -> tuple[str, str, str]:
    """What was attempted, why it failed and what to do next; of a failure that is not a provider's,
    all in the second."""
    if isinstance(failure, ProviderError):
        return failure.what, failure.why, failure.next_step
    return "", str(failure), ""
