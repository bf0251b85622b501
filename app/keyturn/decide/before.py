"""How the object of a change was just before it: what undoing it exactly needs to know."""

import json
from dataclasses import dataclass

from keyturn.decide.values import NotThatValue, Plain, from_plain, to_plain
from keyturn_providers.records import AccountState


@dataclass(frozen=True, slots=True)
class Before:
    """As read by id just before the call. `state` is the account's, None where none was read.
    `role` is what the member was in the group. `permissions` are those that the edge of a grant
    held, where the source tells them; `held` says whether there was such an edge, None where nobody
    knows."""

    state: AccountState | None = None
    role: str = ""
    permissions: tuple[str, ...] = ()
    held: bool | None = None


NOT_READ = Before()
_KEY = "before"


def kept(before: Before, earlier: dict[str, object]) -> Plain:
    """What an intent keeps of it: of the first attempt, for a later one may have been made after an
    earlier one was done."""
    first = earlier.get(_KEY)
    return to_plain(before if first is None else _read(first))


def before_of(intent: str) -> Before:
    """What the intent of a step kept; NOT_READ for one that kept nothing that can be understood."""
    try:
        plain = json.loads(intent)
    except ValueError:
        return NOT_READ
    return _read(plain.get(_KEY)) if isinstance(plain, dict) else NOT_READ


def _read(plain: object) -> Before:
    try:
        return from_plain(Before, plain)
    except NotThatValue:
        return NOT_READ
