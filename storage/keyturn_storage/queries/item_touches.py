"""How items were used, one row for each way: what a leaver did, and what others did since."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn_storage.queries.events import EVER, Within

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal


@dataclass(frozen=True, slots=True)
class ItemTouch:
    """That an item was used in one way, last at `last_ms`, `times` times in all."""

    item_id: str
    vault_id: str
    action: str
    last_ms: int
    times: int


_TOUCH = (
    "select e.item_id, e.vault_id, e.action, max(e.at_ms) as last_ms, count(*) "
    "from stream_event e join stream s on s.no = e.stream_no "
)
_WITHIN = (
    "and e.item_id <> '' and s.name = :stream and e.at_ms >= :since and e.at_ms < :until "
    "and (:tenant = '' or s.tenant = :tenant) "
    "group by e.vault_id, e.item_id, e.action order by last_ms desc, e.item_id, e.action "
    "limit :limit"
)


def items_touched(
    journal: "Journal", user_id: str, stream: str, within: Within = EVER
) -> tuple[ItemTouch, ...]:
    """What a user did with which items, by the events of the streams of this name, last first."""
    found = journal.connection.execute(
        _TOUCH + "where e.user_id = :user and e.user_id <> '' " + _WITHIN,
        {"user": user_id, "stream": stream, **within.values},
    )
    return tuple(ItemTouch(*row) for row in found)


def vaults_touched(
    journal: "Journal", user_id: str, action: str, within: Within = EVER
) -> tuple[ItemTouch, ...]:
    """The vaults to which a user did one thing as a whole, by the events that name no item, of any
    stream, last first; `item_id` is ""."""
    found = journal.connection.execute(
        _TOUCH
        + "where e.user_id = :user and e.user_id <> '' and e.action = :action "
        + "and e.vault_id <> '' and e.item_id = '' and e.at_ms >= :since and e.at_ms < :until "
        + "and (:tenant = '' or s.tenant = :tenant) "
        + "group by e.vault_id order by last_ms desc, e.vault_id limit :limit",
        {"user": user_id, "action": action, **within.values},
    )
    return tuple(ItemTouch(*row) for row in found)


def items_touched_by_others(
    journal: "Journal",
    user_id: str,
    vault_id: str,
    actions: Sequence[str],
    stream: str,
    within: Within = EVER,
) -> tuple[ItemTouch, ...]:
    """What anybody but this user did with the items of a vault, of these actions alone."""
    marks = ", ".join(f":action{number}" for number in range(len(actions)))
    found = journal.connection.execute(
        _TOUCH
        + "where e.vault_id = :vault and e.vault_id <> '' and e.user_id <> :user "
        + f"and e.action in ({marks}) "
        + _WITHIN,
        {
            "vault": vault_id,
            "user": user_id,
            "stream": stream,
            **within.values,
            **{f"action{number}": action for number, action in enumerate(actions)},
        },
    )
    return tuple(ItemTouch(*row) for row in found)
