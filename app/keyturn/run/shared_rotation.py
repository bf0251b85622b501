"""The rotation list of several leavers: each one's own, and all of them as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keyturn.decide.rotation import OpenVault
from keyturn.decide.shared_rotation import ListOfOne, SharedRotation, shared_rotation
from keyturn.run.rotation import (
    ItemsOfVault,
    LeaverSeen,
    ListsVault,
    RotationFound,
    find_rotation,
)
from keyturn_storage.journal import Journal


@dataclass(frozen=True, slots=True)
class SharedFound:
    """The list of all, and what each one's own rests on, in the order in which they were asked."""

    each: tuple[RotationFound, ...]
    rotation: SharedRotation

    @property
    def unlisted(self) -> tuple[OpenVault, ...]:
        """Each vault once in which whether an item was changed cannot be seen."""
        return tuple({vault.id: vault for one in self.each for vault in one.unlisted}.values())

    @property
    def doubts(self) -> Mapping[str, tuple[str, ...]]:
        """What the list does not know, and of whom that is so."""
        found: dict[str, list[str]] = {}
        for one in self.each:
            for words in (*one.leaver.basis, *_missing(one)):
                found.setdefault(words, []).append(one.leaver.name)
        return {words: tuple(names) for words, names in found.items()}


def _missing(one: RotationFound) -> tuple[str, ...]:
    if one.rotation.usage_known:
        return tuple(f"uses not known: {words}" for words in one.usage.missing)
    said = "; ".join(one.usage.missing)
    return (f"what was used is not known: {said}. This is what could be seen",)


async def find_shared_rotation(
    journal: Journal,
    leavers: Sequence[LeaverSeen],
    *,
    days: int,
    now_ms: int,
    items_of: ListsVault | None,
) -> SharedFound:
    """The lists of these people now, by one look at the items of each vault. Raises what `items_of`
    raises."""
    once = _once(items_of) if items_of is not None else None
    each = [
        await find_rotation(journal, leaver, days=days, now_ms=now_ms, items_of=once)
        for leaver in leavers
    ]
    lists = [ListOfOne(one.leaver.name, one.leaver.account_id, one.rotation) for one in each]
    return SharedFound(tuple(each), shared_rotation(lists))


def _once(items_of: ListsVault) -> ListsVault:
    """Asks for no vault twice: those who leave together had the same ones."""
    known: dict[str, ItemsOfVault | None] = {}

    async def ask(vault_id: str) -> ItemsOfVault | None:
        if vault_id not in known:
            known[vault_id] = await items_of(vault_id)
        return known[vault_id]

    return ask
