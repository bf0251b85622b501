"""Faults on demand, matched to logical operations and never to the order of calls.

A fault says which ability, on which target and on which page it strikes, how often, and what
happens then. Whatever is not hit works as usual, so a test names the one thing that goes wrong.
"""

from dataclasses import dataclass
from enum import StrEnum

from keyturn_providers.abilities import Ability
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    TenantChanged,
    Throttled,
    Unreachable,
)

ABOUT = "about"


class Effect(StrEnum):
    """What happens. The first ten end in an error, the others in a wrong or late answer."""

    UNREACHABLE = "the request never arrives"
    THROTTLED = "too many requests, nothing is done"
    NOT_AUTHENTICATED = "the credential is refused"
    NOT_ALLOWED = "the request is refused"
    GONE = "the object is said not to exist"
    CONFLICT = "the object is said to be in another state"
    BAD_ANSWER = "the answer has another shape, nothing is done"
    TENANT_CHANGED = "another tenant answers"
    ANSWER_LOST = "the change is done, the answer is lost"
    REQUEST_LOST = "nothing is done, and the caller cannot know"
    NO_PROOF = "the listing ends without proof"
    DUPLICATES = "the page repeats its first record"
    ODD_RECORD = "one record, with an id, cannot be understood"
    NAMELESS_RECORD = "one record, without an id, cannot be understood"
    IGNORED = "the change is accepted and not done"
    STALE = "`count` reads by id still see the state before this change"
    AUDIT_LATE = "the audit event shows after `count` polls"
    AUDIT_MISSING = "no audit event is written"


@dataclass(frozen=True, slots=True)
class Fault:
    """Strikes `times` matching operations (None: all). Empty `target` and None match everything.

    `target` is the id of the account, group, vault, session or carrier the operation is about; a
    listing's is its parent. `page` counts from 1 and is for listings. `ability` is an `Ability`, or
    ABOUT for the question who the tenant is.
    """

    effect: Effect
    ability: Ability | str | None = None
    target: str = ""
    page: int | None = None
    times: int | None = 1
    count: int = 1
    retry_after_s: float = 1.0

    def hits(self, ability: Ability | str, target: str, page: int | None) -> bool:
        """Whether an operation is one this fault is about."""
        return (
            self.ability in (None, ability)
            and self.target in ("", target)
            and self.page in (None, page)
        )


class Faults:
    """The faults of one remote side that are still to strike."""

    def __init__(self, *faults: Fault) -> None:
        self._open: list[tuple[Fault, int | None]] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Arms more faults."""
        self._open.extend((fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Disarms everything: the remote side is well again."""
        self._open.clear()

    def take(self, ability: Ability | str, target: str, page: int | None = None) -> Fault | None:
        """The first armed fault that hits this operation, used up by one; None if there is none."""
        for place, (fault, left) in enumerate(self._open):
            if not fault.hits(ability, target, page):
                continue
            if left is None:
                return fault
            if left == 1:
                del self._open[place]
            else:
                self._open[place] = (fault, left - 1)
            return fault
        return None


_ERRORS: dict[Effect, tuple[type[ProviderError], str, str]] = {
    Effect.UNREACHABLE: (
        Unreachable,
        "the connection was refused.",
        "Check the address and the network, then try again.",
    ),
    Effect.NOT_AUTHENTICATED: (
        NotAuthenticated,
        "the token is wrong or has expired.",
        "Make a new token and put it in the environment.",
    ),
    Effect.NOT_ALLOWED: (
        NotAllowed,
        "the token may not do this.",
        "Give the token this right, or leave it out of the plan.",
    ),
    Effect.GONE: (Gone, "there is no such object.", "Refresh."),
    Effect.CONFLICT: (
        Conflict,
        "the object changed in between.",
        "Refresh and plan again.",
    ),
    Effect.BAD_ANSWER: (
        BadAnswer,
        "the answer does not have the documented shape.",
        "Check what runs at this address.",
    ),
    Effect.TENANT_CHANGED: (
        TenantChanged,
        "another tenant answers at this address.",
        "Check the address in keyturn.yaml.",
    ),
    Effect.ANSWER_LOST: (
        OutcomeUnknown,
        "the connection was lost before the answer came.",
        "The target is read again before anything else.",
    ),
    Effect.REQUEST_LOST: (
        OutcomeUnknown,
        "the connection was lost before the answer came.",
        "The target is read again before anything else.",
    ),
}


def error_of(fault: Fault, source: str, what: str) -> ProviderError | None:
    """The error this fault ends in, None if it ends in an answer."""
    if fault.effect is Effect.THROTTLED:
        return Throttled(
            source,
            what,
            "too many requests.",
            f"keyturn waits {fault.retry_after_s:g} s.",
            retry_after_s=fault.retry_after_s,
        )
    if fault.effect not in _ERRORS:
        return None
    kind, why, next_step = _ERRORS[fault.effect]
    return kind(source, what, why, next_step)
