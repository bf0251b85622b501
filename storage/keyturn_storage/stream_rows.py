"""The row types of archived event streams. Plain frozen values; all times are UTC milliseconds."""

from dataclasses import dataclass

from keyturn_providers.records import Side


@dataclass(frozen=True, slots=True)
class EventIn:
    """One event of a stream, to be archived. `raw` is its JSON as received; an id that the event
    does not name is ""."""

    id: str
    at_ms: int
    action: str
    raw: str
    user_id: str = ""
    vault_id: str = ""
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class GapIn:
    """That events are lost for ever, up to `until_ms`, and why, in a sentence."""

    words: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class PageIn:
    """One page of a stream as it came.

    `after` is the position it was asked from, `position` the one after it. `whole_ms` is given with
    the last page there is for now: the time up to which every event has come.
    """

    events: tuple[EventIn, ...]
    after: str | None
    position: str
    asked_ms: int
    whole_ms: int | None = None
    gap: GapIn | None = None


@dataclass(frozen=True, slots=True)
class PageStored:
    """What became of a page. `repeated` events were archived before; of these, `differing` came
    with another content this time: the first one stands. `page` is the number of the chain entry
    that covers the new ones, None where nothing had to be written down."""

    new: int
    repeated: int = 0
    differing: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class StreamState:
    """Where the reading of one stream stands. `no` is its number in this journal.

    `whole_ms`: up to when everything there was is archived, gaps apart; None before the first page.
    `newest_ms` is the time of the newest archived event. `error` is why the last attempt failed.
    """

    no: int
    position: str | None
    newest_ms: int | None
    whole_ms: int | None
    asked_ms: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class GapRow:
    """A time of which events are lost. `from_ms` None: nothing had been archived before.
    `page` is the number of the chain entry that says so."""

    from_ms: int | None
    until_ms: int
    words: str
    page: int


@dataclass(frozen=True, slots=True)
class StreamCoverage:
    """What the archive has of one stream: everything from `since_ms` to `whole_ms`, but the gaps.

    `no` is the stream's number in this journal, `pages` how many chain entries it has. `asked_ms`
    is when the source last gave a page, `behind` whether it had more; `error` says why it gave none
    at `error_ms`, "" if the last attempt went well.
    """

    no: int
    source: str
    side: Side
    kind: str
    tenant: str
    stream: str
    events: int
    pages: int
    oldest_ms: int | None
    newest_ms: int | None
    since_ms: int
    whole_ms: int | None
    asked_ms: int | None
    behind: bool = False
    gaps: tuple[GapRow, ...] = ()
    error: str = ""
    error_ms: int | None = None


@dataclass(frozen=True, slots=True)
class StreamEventRow:
    """One archived event. `page` is the number of the chain entry that covers it."""

    source: str
    tenant: str
    stream: str
    id: str
    at_ms: int
    action: str
    user_id: str
    vault_id: str
    item_id: str
    raw: str
    page: int


@dataclass(frozen=True, slots=True)
class VaultUse:
    """That a user opened items of a vault `times` times, last at `last_ms`."""

    user_id: str
    vault_id: str
    last_ms: int
    times: int


@dataclass(frozen=True, slots=True)
class ItemUse:
    """That a user opened an item `times` times in the period asked about, last at `last_ms`."""

    item_id: str
    vault_id: str
    last_ms: int
    times: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many events of a stream are of one UTC day, given by its first millisecond."""

    stream: str
    day_ms: int
    events: int
