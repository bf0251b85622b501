"""What somebody else did between keyturn's look and its call, as a step's intent tells it."""

import json

from keyturn.decide.before import Before, before_of
from keyturn.decide.findings import Change, ChangeKind
from keyturn_providers.records import AccountState

_OFF = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE})
_ON = frozenset({ChangeKind.REACTIVATE, ChangeKind.CONFIRM})
_MEMBERSHIPS = frozenset({ChangeKind.ADD_MEMBERSHIP, ChangeKind.REMOVE_MEMBERSHIP})


def done_meanwhile(change: Change, intent: str) -> str:
    """How it was, and that somebody else did it before the call, for a step that was found done
    when it was called. Empty where what was read before was as wanted already, or is not known."""
    was = _otherwise(change, before_of(intent))
    if not was:
        return ""
    if _attempt(intent) > 1:
        return (
            f"{was}; somebody else did it before keyturn called again, or an earlier call of this "
            "run did, whose answer was lost."
        )
    return f"{was}; somebody else did it before keyturn's call."


def _otherwise(change: Change, before: Before) -> str:
    """How the object was, where that is not as the change wants it; else empty."""
    kind = change.kind
    if kind in _OFF | _ON:
        state = _state(kind, before.state)
        return f"It was {state}" if state else ""
    if before.held is None:
        return ""
    if kind in _MEMBERSHIPS:
        told = "It was a member" if before.held else "It was not a member"
        return told if before.held is kind.removes else ""
    if not before.held:
        return "" if kind.removes else "It was not given"
    lacking = set(change.permissions) - set(before.permissions)
    names = f" ({', '.join(before.permissions)})" if before.permissions else ""
    return f"It was given{names}" if kind.removes or lacking else ""


def _state(kind: ChangeKind, state: AccountState | None) -> str:
    if state is None or state is AccountState.UNKNOWN:
        return ""
    if kind is ChangeKind.DEACTIVATE:
        so = state is AccountState.DEACTIVATED
    elif kind is ChangeKind.SUSPEND:
        so = state.is_off
    else:
        so = state is AccountState.ACTIVE
    return "" if so else state.value


def _attempt(intent: str) -> int:
    """Which call it was; an intent that `before_of` understood is JSON with names in it."""
    number = json.loads(intent).get("attempt", 1)
    return number if isinstance(number, int) else 1
