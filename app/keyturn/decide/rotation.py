"""What has to be changed after somebody left: what they could see, did use, and nobody changed.

Suspending erases no memory, no screenshot and no export. An item is on the list until it is seen to
be changed after the leave time; a tick closes nothing. No content of an item is ever looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from keyturn_providers.records import Level

HOUR_MS = 60 * 60 * 1000


class Contact(IntEnum):
    """How near somebody came to a secret, the nearest last. What left the vault weighs most."""

    COULD_SEE = 0
    VIEWED = 1
    FILLED = 2
    COPIED = 3
    SHARED = 4
    EXPORTED = 5

    @property
    def words(self) -> str:
        """In the past tense, for an entry of the list."""
        return _CONTACT_WORDS[self]


_CONTACT_WORDS = {
    Contact.COULD_SEE: "could see",
    Contact.VIEWED: "opened",
    Contact.FILLED: "filled in",
    Contact.COPIED: "revealed or copied",
    Contact.SHARED: "shared",
    Contact.EXPORTED: "exported",
}
_CONTACT_OF = {
    "fill": Contact.FILLED,
    "select-sso-provider": Contact.FILLED,
    "reveal": Contact.COPIED,
    "secure-copy": Contact.COPIED,
    "copy": Contact.COPIED,
    "share": Contact.SHARED,
    "export": Contact.EXPORTED,
}
CHANGING = ("enter-item-edit-mode", "server-update", "server-create")
"""Uses after which an item may be another one: hints, for opening the editor changes nothing."""


def contact_of(action: str) -> Contact:
    """What a use of an item was. One that is not known counts as opening it."""
    return _CONTACT_OF.get(action, Contact.VIEWED)


class Urgency(StrEnum):
    """The class of an entry: by when it has to be changed."""

    SAME_DAY = "same day"
    DAY = "24 h"
    THREE_DAYS = "72 h"
    WEEK = "1 week"

    @property
    def words(self) -> str:
        """After a time: "within 24 h", or "the same day"."""
        return f"the {self.value}" if self is Urgency.SAME_DAY else f"within {self.value}"

    @property
    def hours(self) -> int:
        """How many hours there are; 0 for the same day."""
        return _HOURS[self]


_HOURS = {Urgency.SAME_DAY: 0, Urgency.DAY: 24, Urgency.THREE_DAYS: 72, Urgency.WEEK: 168}
_ORDER = list(Urgency)
_BY_CONTACT = {
    Contact.COULD_SEE: Urgency.WEEK,
    Contact.VIEWED: Urgency.THREE_DAYS,
    Contact.FILLED: Urgency.THREE_DAYS,
    Contact.COPIED: Urgency.DAY,
    Contact.SHARED: Urgency.SAME_DAY,
    Contact.EXPORTED: Urgency.SAME_DAY,
}
_BY_CATEGORY = {
    "SERVER": Urgency.SAME_DAY,
    "DATABASE": Urgency.SAME_DAY,
    "SSH_KEY": Urgency.SAME_DAY,
    "ROUTER": Urgency.SAME_DAY,
    "BANK_ACCOUNT": Urgency.SAME_DAY,
    "CREDIT_CARD": Urgency.SAME_DAY,
    "CRYPTO_WALLET": Urgency.SAME_DAY,
    "API_CREDENTIAL": Urgency.DAY,
    "LOGIN": Urgency.THREE_DAYS,
    "PASSWORD": Urgency.THREE_DAYS,
}
"""What an item is, where its kind is known; of other kinds only the use decides."""


@dataclass(frozen=True, slots=True)
class OpenVault:
    """A vault that the leaver could open before the cut."""

    id: str
    name: str
    level: Level


@dataclass(frozen=True, slots=True)
class Use:
    """That the leaver used an item in one way, `times` times, last at `last_ms`."""

    vault_id: str
    item_id: str
    action: str
    last_ms: int
    times: int


@dataclass(frozen=True, slots=True)
class Hint:
    """That somebody else may have changed an item, last at `at_ms`."""

    vault_id: str
    item_id: str
    action: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class ItemNow:
    """The outside of an item as it is now. `edited_by` is the account that changed it last, ""
    where that is not told."""

    vault_id: str
    id: str
    title: str
    category: str
    updated_ms: int
    edited_by: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """When somebody left. `day_end_ms` ends that day where they left; `account_id` is theirs in the
    secret manager. In an emergency everything that was used is due the same day.

    `cut_ms` is when they could open nothing any more, None as long as they can: what is changed
    before that, they could see again.
    """

    at_ms: int
    day_end_ms: int
    account_id: str
    cut_ms: int | None
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked at. `uses` is None where no usage was ever archived: then it is not known
    what was used. `exported` are uses of whole vaults, without an item. `listed` are the vaults
    whose items were listed; an item in none of them can only be judged by hints."""

    vaults: tuple[OpenVault, ...]
    uses: tuple[Use, ...] | None
    hints: tuple[Hint, ...] = ()
    items: tuple[ItemNow, ...] = ()
    listed: frozenset[str] = frozenset()
    exported: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One item to be changed, or with "" as its id all that is in a vault.

    `closed_ms` is when it was changed for good, and `closed_by` the account that did; None and ""
    while it is open. `changed_ms` is its last change, whoever made it. `hint_ms` is when somebody
    else may have changed it. `visible`: whether a change can be seen at all, so that it closes by
    itself.
    """

    vault_id: str
    vault_name: str
    item_id: str
    title: str
    contact: Contact
    times: int
    last_used_ms: int | None
    urgency: Urgency
    due_ms: int
    because: str
    visible: bool
    closed_ms: int | None = None
    hint_ms: int | None = None
    closed_by: str = ""
    changed_ms: int | None = None

    @property
    def open(self) -> bool:
        """Whether it still has to be changed."""
        return self.closed_ms is None


@dataclass(frozen=True, slots=True)
class Rotation:
    """The list, most urgent first, closed entries last. `usage_known`: whether it rests on what was
    used, and not only on what could be seen."""

    entries: tuple[Entry, ...]
    usage_known: bool

    @property
    def open(self) -> tuple[Entry, ...]:
        """What still has to be changed."""
        return tuple(entry for entry in self.entries if entry.open)


def rotation(leave: Leave, seen: Seen) -> Rotation:
    """The rotation list of somebody who left.

    Every item that was used is on it, also one in a vault that could not be opened any more at the
    end; and of every vault that could be opened, the items that were not, where they can be listed,
    else the vault as a whole. Whoever exported a vault took all that is in it.
    """
    vaults = {vault.id: vault for vault in seen.vaults}
    items = {(item.vault_id, item.id): item for item in seen.items}
    uses = _by_item(seen.uses or ())
    taken = _by_item(seen.exported)
    hints = _newest(seen.hints)
    readable = {v.id for v in seen.vaults if v.level not in {Level.NONE, Level.LIST}}
    readable |= {vault_id for vault_id, _ in taken}
    keys = dict.fromkeys([*uses, *(key for key in items if key[0] in readable)])
    entries = [
        _entry(
            leave,
            vaults.get(key[0]),
            items.get(key),
            key,
            (*uses.get(key, ()), *taken.get((key[0], ""), ())),
            hints,
        )
        for key in keys
    ]
    entries += [
        _whole_vault(leave, vault_id, vaults.get(vault_id), taken.get((vault_id, ""), ()))
        for vault_id in sorted(readable - seen.listed)
    ]
    return Rotation(tuple(sorted(entries, key=_rank)), seen.uses is not None)


def _by_item(uses: Iterable[Use]) -> Mapping[tuple[str, str], tuple[Use, ...]]:
    found: dict[tuple[str, str], list[Use]] = {}
    for use in uses:
        found.setdefault((use.vault_id, use.item_id), []).append(use)
    return {key: tuple(same) for key, same in found.items()}


def _newest(hints: Iterable[Hint]) -> Mapping[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for hint in hints:
        key = (hint.vault_id, hint.item_id)
        found[key] = max(hint.at_ms, found.get(key, hint.at_ms))
    return found


def _entry(
    leave: Leave,
    vault: OpenVault | None,
    item: ItemNow | None,
    key: tuple[str, str],
    uses: tuple[Use, ...],
    hints: Mapping[tuple[str, str], int],
) -> Entry:
    vault_id, item_id = key
    last = max((use.last_ms for use in uses), default=None)
    closed = _closed(leave, item)
    kept = uses if closed is not None else tuple(u for u in uses if not _outdated(leave, u, item))
    contact = max((contact_of(use.action) for use in kept), default=Contact.COULD_SEE)
    urgency, because = _urgency(leave, contact, item)
    if uses and not kept:
        because += "; it was changed after it was last used"
    elif any(not use.item_id for use in kept):
        because += "; the whole vault was exported"
    hint = hints.get(key)
    return Entry(
        vault_id=vault_id,
        vault_name=vault.name if vault is not None else vault_id,
        item_id=item_id,
        title=item.title if item is not None else "",
        contact=contact,
        times=sum(use.times for use in uses),
        last_used_ms=last,
        urgency=urgency,
        due_ms=_due(leave, urgency),
        because=because,
        visible=item is not None,
        closed_ms=closed,
        hint_ms=hint if hint is not None and hint > max(leave.at_ms, last or 0) else None,
        closed_by=item.edited_by if item is not None and closed is not None else "",
        changed_ms=item.updated_ms if item is not None else None,
    )


def _closed(leave: Leave, item: ItemNow | None) -> int | None:
    """When the item was changed for good: by somebody else, and after the leaver was out."""
    if item is None or leave.cut_ms is None or item.edited_by == leave.account_id:
        return None
    return item.updated_ms if item.updated_ms > max(leave.at_ms, leave.cut_ms) else None


def _outdated(leave: Leave, use: Use, item: ItemNow | None) -> bool:
    """Whether what was used is known to be another secret by now: then it could only be seen."""
    if item is None or item.edited_by in {"", leave.account_id}:
        return False
    return use.last_ms < item.updated_ms


def _whole_vault(
    leave: Leave, vault_id: str, vault: OpenVault | None, exported: tuple[Use, ...]
) -> Entry:
    contact = max((contact_of(use.action) for use in exported), default=Contact.COULD_SEE)
    urgency, because = _urgency(leave, contact, None)
    return Entry(
        vault_id=vault_id,
        vault_name=vault.name if vault is not None else vault_id,
        item_id="",
        title="all else in it",
        contact=contact,
        times=sum(use.times for use in exported),
        last_used_ms=max((use.last_ms for use in exported), default=None),
        urgency=urgency,
        due_ms=_due(leave, urgency),
        because=f"{because}; its items cannot be listed",
        visible=False,
    )


def _urgency(leave: Leave, contact: Contact, item: ItemNow | None) -> tuple[Urgency, str]:
    """The class and why. What an item is counts only if it was used, or could be seen in an
    emergency: all that anybody could ever see is not due today."""
    used = contact is not Contact.COULD_SEE
    if leave.emergency and used:
        return Urgency.SAME_DAY, f"{contact.words}, and this is an emergency"
    by_use = _BY_CONTACT[contact]
    kind = _BY_CATEGORY.get(item.category) if item is not None else None
    sooner = kind is not None and _ORDER.index(kind) < _ORDER.index(by_use)
    if item is not None and kind is not None and sooner and (used or leave.emergency):
        return kind, f"{contact.words}, and it is: {item.category.replace('_', ' ').lower()}"
    return by_use, contact.words


def _due(leave: Leave, urgency: Urgency) -> int:
    if urgency is Urgency.SAME_DAY:
        return leave.day_end_ms
    return leave.at_ms + urgency.hours * HOUR_MS


def _rank(entry: Entry) -> tuple[bool, int, int, bool, int, str, str, str]:
    return (
        not entry.open,
        _ORDER.index(entry.urgency),
        -int(entry.contact),
        entry.hint_ms is not None,
        -(entry.last_used_ms or 0),
        entry.vault_name,
        entry.vault_id,
        entry.item_id,
    )
