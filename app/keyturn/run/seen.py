"""What a read says of one change, in words with names; the words that every kind shares."""

from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.before import NOT_READ, Before
from keyturn.decide.findings import Ref
from keyturn_providers.abilities import ReadsAccount
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Account


class Seen(StrEnum):
    """What a read says of a change. IMPOSSIBLE: what it is about is not there, or is another.
    UNREADABLE: the read itself failed. AS_FAR_AS_SEEN: what can be read is as wanted, and there is
    more to the change that the source shows nobody."""

    AS_WANTED = "as wanted"
    AS_FAR_AS_SEEN = "as wanted, as far as can be seen"
    NOT_YET = "not yet"
    IMPOSSIBLE = "impossible"
    CANNOT_TELL = "cannot tell"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Effect:
    """`words` is one plain phrase with names, e.g. "Dana Okafor is suspended". `blind`: the source
    cannot be asked for it at all. `now` is what was read, for undoing what is done after it,
    `failure` why nothing could be."""

    seen: Seen
    words: str
    blind: bool = False
    now: Before = NOT_READ
    failure: ProviderError | None = None


async def if_same_account(ref: Ref | None, reader: object, effect: Effect) -> Effect:
    """`effect`, unless the account's id leads to nobody or to another name than the plan's."""
    if ref is None or not isinstance(reader, ReadsAccount):
        return effect
    account: Account | None = await reader.read_account(ref.id)
    if account is None:
        return Effect(Seen.IMPOSSIBLE, gone(ref))
    return effect if same_name(account, ref) else other(account, ref)


def same_name(account: Account, ref: Ref) -> bool:
    """Whether an account is called as the plan calls it."""
    return ref.name in (account.name, account.display_name, account.id)


def other(account: Account, ref: Ref) -> Effect:
    """The id leads to somebody with another name."""
    now = account.display_name or account.name
    return Effect(
        Seen.IMPOSSIBLE, f"the id {ref.id} is {now} now, the plan says {ref.name}: plan again"
    )


def gone(ref: Ref) -> str:
    """That there is no such object any more."""
    return f"{ref.name} does not exist any more"


def blind(what: str) -> Effect:
    """The source cannot be asked at all."""
    return Effect(Seen.CANNOT_TELL, f"this source cannot be asked for {what}", blind=True)


def needed(ref: Ref | None, what: str) -> Ref:
    """What a change must name; ValueError where it does not."""
    if ref is None:
        raise ValueError(f"the change names no {what}")
    return ref
