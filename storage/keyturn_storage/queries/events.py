"""Archived events by whom and what they are about. Every answer has a limit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn_storage.stream_rows import ItemUse, StreamEventRow, VaultUse

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

FOR_EVER_MS = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Within:
    """What an answer is narrowed to: from `since_ms` on and before `until_ms`, at most `limit`
    rows, of one tenant's streams where it is named (vendors make their ids unique, but nobody
    promises it across tenants)."""

    since_ms: int = 0
    until_ms: int = FOR_EVER_MS
    limit: int = 100
    tenant: str = ""

    @property
    def values(self) -> dict[str, str | int]:
        """For the placeholders of the queries below."""
        return {
            "since": self.since_ms,
            "until": self.until_ms,
            "limit": self.limit,
            "tenant": self.tenant,
        }


EVER = Within()

_EVENT = (
    "select s.source, s.tenant, s.name, e.id, e.at_ms, e.action, e.user_id, e.vault_id, "
    "e.item_id, e.raw, e.page from stream_event e join stream s on s.no = e.stream_no "
)
_WITHIN = (
    "and e.at_ms >= :since and e.at_ms < :until "
    "and (:tenant = '' or e.stream_no in (select no from stream where tenant = :tenant)) "
)
_NEWEST_FIRST = "order by e.at_ms desc, e.no desc limit :limit"
_VAULT_USE = "select e.user_id, e.vault_id, max(e.at_ms) as last_ms, count(*) from stream_event e "
_ITEM_USE = "select e.item_id, e.vault_id, max(e.at_ms) as last_ms, count(*) from stream_event e "
_ITEMS = (
    "where e.user_id = :user and e.user_id <> '' and e.item_id <> '' "
    + _WITHIN
    + "group by e.vault_id, e.item_id "
)


def events_of_user(
    journal: "Journal", user_id: str, within: Within = EVER
) -> tuple[StreamEventRow, ...]:
    """The events that name a user, as the one who acted or the one it was done to, newest first."""
    found = journal.connection.execute(
        _EVENT + "where e.user_id = :user and e.user_id <> '' " + _WITHIN + _NEWEST_FIRST,
        {"user": user_id, **within.values},
    )
    return tuple(StreamEventRow(*row) for row in found)


def events_of_vault(
    journal: "Journal", vault_id: str, within: Within = EVER
) -> tuple[StreamEventRow, ...]:
    """The events that name a vault, newest first."""
    found = journal.connection.execute(
        _EVENT + "where e.vault_id = :vault and e.vault_id <> '' " + _WITHIN + _NEWEST_FIRST,
        {"vault": vault_id, **within.values},
    )
    return tuple(StreamEventRow(*row) for row in found)


def newest_event(journal: "Journal", stream_no: int) -> StreamEventRow | None:
    """The newest event of a stream."""
    row = journal.connection.execute(
        _EVENT + "where e.stream_no = ? order by e.at_ms desc, e.no desc limit 1", (stream_no,)
    ).fetchone()
    return None if row is None else StreamEventRow(*row)


def events_of_page(journal: "Journal", page: int) -> tuple[StreamEventRow, ...]:
    """The events that the chain entry `page` covers, in the order in which it hashes them."""
    row = journal.connection.execute(
        "select json_extract(line, '$.first'), json_extract(line, '$.rows') from entry "
        "where seq = ? and json_extract(line, '$.kind') = 'events'",
        (page,),
    ).fetchone()
    if row is None:
        return ()
    found = journal.connection.execute(
        _EVENT + "where e.no >= ? and e.no < ? order by e.no", (row[0], row[0] + row[1])
    )
    return tuple(StreamEventRow(*one) for one in found)


def last_item_use(
    journal: "Journal", user_id: str, vault_id: str, within: Within = EVER
) -> int | None:
    """When a user last opened an item of a vault; None if no archived event says that they did."""
    row = journal.connection.execute(
        _VAULT_USE
        + "where e.user_id = :user and e.user_id <> '' and e.vault_id = :vault and e.item_id <> '' "
        + _WITHIN,
        {"user": user_id, "vault": vault_id, **within.values},
    ).fetchone()
    return None if row[2] is None else int(row[2])


def vaults_used(journal: "Journal", user_id: str, within: Within = EVER) -> tuple[VaultUse, ...]:
    """The vaults of which a user opened items, the last used first."""
    found = journal.connection.execute(
        _VAULT_USE
        + "where e.user_id = :user and e.user_id <> '' and e.item_id <> '' "
        + _WITHIN
        + "group by e.vault_id order by last_ms desc, e.vault_id limit :limit",
        {"user": user_id, **within.values},
    )
    return tuple(VaultUse(*row) for row in found)


def users_of_vault(
    journal: "Journal", vault_id: str, within: Within = EVER
) -> tuple[VaultUse, ...]:
    """The users who opened items of a vault, the last one first."""
    found = journal.connection.execute(
        _VAULT_USE
        + "where e.vault_id = :vault and e.vault_id <> '' and e.item_id <> '' and e.user_id <> '' "
        + _WITHIN
        + "group by e.user_id order by last_ms desc, e.user_id limit :limit",
        {"vault": vault_id, **within.values},
    )
    return tuple(VaultUse(*row) for row in found)


def items_used(journal: "Journal", user_id: str, within: Within = EVER) -> tuple[ItemUse, ...]:
    """The items a user opened in a period, the last used first: what a leaver may remember, and so
    what is to be rotated. `items_used_count` says how many there are without the limit."""
    found = journal.connection.execute(
        _ITEM_USE + _ITEMS + "order by last_ms desc, e.item_id limit :limit",
        {"user": user_id, **within.values},
    )
    return tuple(ItemUse(*row) for row in found)


def items_used_count(journal: "Journal", user_id: str, within: Within = EVER) -> int:
    """How many items a user opened in a period; the limit of `within` does not count."""
    row = journal.connection.execute(
        f"select count(*) from (select 1 from stream_event e {_ITEMS})",  # noqa: S608 -- a constant of this module
        {"user": user_id, **within.values},
    ).fetchone()
    return int(row[0])
