"""One opened connector on the bench, and what most checks do with it."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from keyturn_providers.abilities import (
    Ability,
    ListsAccounts,
    ListsGrants,
    ListsGroups,
    ListsMachines,
    ListsMemberships,
    ListsVaults,
    Outcome,
    Page,
    Receipt,
    able,
)
from keyturn_providers.conformance.result import NotHere, NotSo
from keyturn_providers.conformance.subject import Subject
from keyturn_providers.conformance.witness import Witness
from keyturn_providers.contract import About, Connector
from keyturn_providers.records import (
    Account,
    Collection,
    Grant,
    Group,
    MachineIdentity,
    Membership,
    Unreadable,
    Vault,
)

T = TypeVar("T")
R = TypeVar("R")
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Bench:
    """What a check is given. `reader` is new for each check."""

    subject: Subject
    connector: Connector
    about: About
    reader: object
    witness: Witness

    def needs(self, *abilities: Ability) -> None:
        """Ends the check as not applicable unless the connector declares all of them."""
        missing = [one.value for one in abilities if one not in self.about.abilities]
        if missing:
            raise NotHere(f"it does not declare: {', '.join(missing)}")

    def reads(self, protocol: type[T]) -> T:
        return able(self.reader, protocol)

    def writes(self, protocol: type[T]) -> T:
        return able(self.connector.writer(), protocol)

    async def eventually(
        self, read: Callable[[], Awaitable[R]], wanted: Callable[[R], bool], delay_s: float
    ) -> R:
        """Reads until it is as wanted, or until `delay_s` and the subject's patience are over; the
        last reading."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + delay_s + self.subject.patience_s
        while True:
            found = await read()
            if wanted(found) or loop.time() >= deadline:
                return found
            await asyncio.sleep(_POLL_S)


@dataclass(slots=True)
class Listed:
    """Everything one reader lists."""

    accounts: list[Account] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    vaults: list[Vault] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    machines: list[MachineIdentity] = field(default_factory=list)
    unreadable: int = 0
    proofs: list[str] = field(default_factory=list)


async def listed(bench: Bench) -> Listed:
    """Every listing the connector declares, each read to its proof. Raises `NotSo` without one."""
    found = Listed()
    can = bench.about.abilities
    if Ability.LIST_ACCOUNTS in can:
        found.accounts += await _read(
            found, Collection.ACCOUNTS, "", bench.reads(ListsAccounts).accounts()
        )
    if Ability.LIST_GROUPS in can:
        found.groups += await _read(found, Collection.GROUPS, "", bench.reads(ListsGroups).groups())
    if Ability.LIST_MEMBERSHIPS in can:
        members = bench.reads(ListsMemberships)
        for group in found.groups:
            found.memberships += await _read(
                found, Collection.MEMBERSHIPS, group.id, members.memberships(group.id)
            )
    if Ability.LIST_VAULTS in can:
        found.vaults += await _read(found, Collection.VAULTS, "", bench.reads(ListsVaults).vaults())
    if Ability.LIST_GRANTS in can:
        grants = bench.reads(ListsGrants)
        for vault in found.vaults:
            found.grants += await _read(found, Collection.GRANTS, vault.id, grants.grants(vault.id))
    if Ability.LIST_MACHINES in can:
        found.machines += await _read(
            found, Collection.MACHINES, "", bench.reads(ListsMachines).machines()
        )
    return found


async def _read(
    found: Listed, collection: Collection, parent: str, pages: AsyncIterator[Page[T]]
) -> list[T]:
    name = f"{collection.value} of {parent}" if parent else collection.value
    records: list[T] = []
    odd: list[Unreadable] = []
    proof = ""
    async for page in pages:
        if proof:
            raise NotSo(f"{name}: a page came after the one that carried the proof ({proof})")
        records += page.records
        odd += page.unreadable
        proof = page.proof
    if not proof:
        raise NotSo(f"{name}: the listing ended without proof")
    found.proofs.append(proof)
    found.unreadable += len(odd)
    return records


def all_different(name: str, keys: Iterable[Hashable]) -> None:
    """Raises `NotSo` naming the keys that come twice."""
    twice = [str(key) for key, times in Counter(keys).items() if times > 1]
    if twice:
        raise NotSo(f"{name}: listed twice: {', '.join(twice[:5])}")


def must(outcome: Outcome, receipt: Receipt, did: str) -> None:
    """Raises `NotSo` unless a write answered as it should."""
    if receipt.outcome is not outcome:
        raise NotSo(f"{did}: it answered {receipt.outcome.value!r}, not {outcome.value!r}")


def same(what: str, before: object, after: object) -> None:
    """Raises `NotSo` unless two readings are equal."""
    if before != after:
        raise NotSo(f"{what} is not as before: {_short(before)} became {_short(after)}")


def new_operation_id() -> str:
    """As the engine makes them."""
    return uuid.uuid4().hex


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def sample(things: Sequence[T], most: int) -> Sequence[T]:
    """At most `most` of them, spread over the whole."""
    step = max(1, len(things) // most)
    return things[::step][:most]
