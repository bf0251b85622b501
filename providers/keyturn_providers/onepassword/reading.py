"""Which surface answers which question, and how their answers become one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TypeVar

from keyturn_providers.abilities import (
    FindsAccount,
    ListsAccounts,
    ListsGroups,
    ListsMemberships,
    Page,
    ReadsAccount,
    ReadsMembers,
    able,
)
from keyturn_providers.errors import Conflict, ProviderError
from keyturn_providers.onepassword.joining import SurfaceList, joined
from keyturn_providers.onepassword.op.reader import OpReader
from keyturn_providers.onepassword.parts import Parts
from keyturn_providers.onepassword.telling import at, contained, named, none_answers
from keyturn_providers.onepassword.view import Standing, Surface
from keyturn_providers.records import Account, AccountState, Group, Membership, Unreadable

T = TypeVar("T")
PATIENCE_S = 3.0
"""How long a live read waits for the lesser surfaces once `op` has answered."""
_PAGE = 1000
_PEOPLE = (Surface.OP, Surface.USERS_API, Surface.BRIDGE)
_GROUPS = (Surface.OP, Surface.BRIDGE)
_FINDERS = (Surface.OP, Surface.BRIDGE, Surface.USERS_API)


class Reading:
    """One refresh of all surfaces that answered. What they list is joined by id; where `op` is
    configured and did not answer, no listing of the others counts as whole."""

    def __init__(self, parts: Parts, standing: Standing) -> None:
        self._source = parts.source
        self._up = standing.up
        self._down = standing.down
        self._alone = len(parts.configured) == 1
        self._readers: dict[Surface, object] = {}
        if parts.op is not None and Surface.OP in standing.up:
            self._readers[Surface.OP] = parts.op.reader()
        if parts.users is not None and Surface.USERS_API in standing.up:
            self._readers[Surface.USERS_API] = parts.users
        if parts.bridge is not None and Surface.BRIDGE in standing.up:
            self._readers[Surface.BRIDGE] = parts.bridge.reader()
        self._other_ids: dict[tuple[Surface, str], str] = {}

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        """Everybody once. Whole if `op` lists everybody, whatever becomes of the others; without
        `op` in the settings, if every surface that lists people does."""
        lists, proofs, missing = await self._lists_of_people()
        people = joined(lists)
        self._other_ids = people.by_mail
        rows, odd = people.accounts, people.unreadable
        for start in range(0, len(rows), _PAGE):
            yield Page(rows[start : start + _PAGE], expected=len(rows))
        if missing is not None:
            if odd:
                yield Page((), odd)
            raise missing
        proof = "; ".join(f"{surface.value}: {words}" for surface, words in proofs.items())
        yield Page((), odd, len(rows), proof)

    async def groups(self) -> AsyncIterator[Page[Group]]:
        """The groups of `op`, with the external ids that the bridge knows; or the bridge's."""
        surface = self._best(_GROUPS)
        theirs = await self._bridge_groups() if surface is Surface.OP else {}
        seen: set[str] = set()
        with at(surface, contain=self.joined):
            pages = able(self._readers[surface], ListsGroups).groups()
            async for page in self._unproven(pages):
                seen.update(group.id for group in page.records)
                records = tuple(
                    replace(one, external_id=one.external_id or theirs.get(one.id))
                    for one in page.records
                )
                unknown: tuple[Unreadable, ...] = ()
                if page.proof:
                    unknown = tuple(_only_bridge(one) for one in sorted(theirs.keys() - seen))
                yield replace(page, records=records, unreadable=(*page.unreadable, *unknown))
        self._end_incomplete()

    async def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        surface = self._best(_GROUPS)
        with at(surface, contain=self.joined):
            members = able(self._readers[surface], ListsMemberships).memberships(group_id)
            async for page in self._unproven(members):
                yield page
        self._end_incomplete()

    async def read_account(self, account_id: str) -> Account | None:
        """As all surfaces have it now. None only where `op` says so, or, without it in the
        settings, all others do."""
        surfaces = [one for one in _PEOPLE if one in self._readers]
        if not surfaces:
            raise none_answers(self._down)
        found = await self._read_everywhere(surfaces, account_id)
        told = [
            SurfaceList(surface, (replace(account, id=account_id),))
            for surface, account in zip(surfaces, found, strict=True)
            if isinstance(account, Account)
        ]
        first = found[0]
        if isinstance(first, ProviderError) and surfaces[0] is Surface.OP:
            raise first
        # The Users API lists active and suspended people only: of others it can tell nothing.
        knowing = [one for one in told if not _tells_nothing(one)]
        if told:
            return joined(knowing or told).accounts[0]
        failures = [one for one in found if isinstance(one, ProviderError)]
        if failures and not (surfaces[0] is Surface.OP and first is None):
            raise failures[0]
        if Surface.OP in self._down:
            raise contained(Surface.OP, self._down[Surface.OP])
        return None

    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        surface = self._best(_GROUPS)
        with at(surface):
            members = await able(self._readers[surface], ReadsMembers).read_members(group_id)
        if members is None and Surface.OP in self._down:
            # The bridge does not know every group: that it has none of this id proves nothing.
            raise contained(Surface.OP, self._down[Surface.OP])
        return members

    async def find_account(self, email: str) -> Account | None:
        """By `op`; else by the bridge, which can be asked for an address, and the Users API, which
        also has those whom the bridge does not list."""
        surfaces = [one for one in _FINDERS if one in self._readers]
        if not surfaces:
            raise self._missing(_FINDERS)
        if surfaces[0] is Surface.OP:
            surfaces = surfaces[:1]
        found: Account | None = None
        for surface in surfaces:
            with at(surface):
                found = await able(self._readers[surface], FindsAccount).find_account(email)
            if found is not None:
                break
        if found is None and Surface.OP in self._down:
            raise contained(Surface.OP, self._down[Surface.OP])
        if found is None or len(self._readers) == 1 or surfaces[0] is Surface.OP:
            return found
        return await self.read_account(found.id)

    def op(self) -> OpReader:
        """The reader of `op`, which alone knows vaults, grants and Connect's tokens."""
        reader = self._readers.get(Surface.OP)
        if isinstance(reader, OpReader):
            return reader
        raise self._missing((Surface.OP,))

    @property
    def joined(self) -> bool:
        """Whether there are several surfaces, so that one's failure is not the source's."""
        return not self._alone

    async def _lists_of_people(
        self,
    ) -> tuple[list[SurfaceList], dict[Surface, str], ProviderError | None]:
        surfaces = [one for one in _PEOPLE if one in self._readers]
        if not surfaces:
            raise self._missing(_PEOPLE)
        results = await asyncio.gather(*(self._list_people(one) for one in surfaces))
        lists = [one for one, _, _ in results]
        proofs = {one.surface: proof for one, proof, _ in results if proof}
        failed = {one.surface: error for one, _, error in results if error is not None}
        if self._alone and failed:
            raise named(surfaces[0], failed[surfaces[0]])
        if Surface.OP in self._readers:
            error = failed.get(Surface.OP)
            missing = None if error is None else contained(Surface.OP, error)
        else:
            absent = {one: why for one, why in self._down.items() if one in _PEOPLE} | failed
            missing = _first_contained(absent)
        needed = [Surface.OP] if Surface.OP in self._readers else surfaces
        if any(surface not in proofs for surface in needed):
            return lists, {}, missing
        proofs.update({one: f"not read ({error.why})" for one, error in failed.items()})
        return lists, proofs, missing

    async def _list_people(self, surface: Surface) -> tuple[SurfaceList, str, ProviderError | None]:
        accounts: list[Account] = []
        odd: list[Unreadable] = []
        proof, failure = "", None
        try:
            async for page in able(self._readers[surface], ListsAccounts).accounts():
                accounts += page.records
                odd += page.unreadable
                proof = page.proof
        except ProviderError as error:
            failure = error
        return SurfaceList(surface, tuple(accounts), tuple(odd)), proof, failure

    async def _bridge_groups(self) -> dict[str, str | None]:
        """The external ids of the bridge's groups; none where it does not tell: a convenience."""
        reader = self._readers.get(Surface.BRIDGE)
        found: dict[str, str | None] = {}
        if isinstance(reader, ListsGroups):
            try:
                async for page in reader.groups():
                    found.update({one.id: one.external_id for one in page.records})
            except ProviderError:
                return {}
        return found

    async def _read_everywhere(
        self, surfaces: Sequence[Surface], account_id: str
    ) -> list[Account | ProviderError | None]:
        """What each surface says. Once `op` has answered the others are not waited for long: they
        only fill in."""
        tasks = [asyncio.create_task(self._read_account(one, account_id)) for one in surfaces]
        try:
            first = await tasks[0]
            sure = surfaces[0] is Surface.OP and isinstance(first, Account)
            await asyncio.wait(tasks, timeout=PATIENCE_S if sure else None)
            return [task.result() if task.done() else None for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_account(
        self, surface: Surface, account_id: str
    ) -> Account | ProviderError | None:
        its_id = self._other_ids.get((surface, account_id), account_id)
        try:
            with at(surface):
                return await able(self._readers[surface], ReadsAccount).read_account(its_id)
        except ProviderError as error:
            return error

    def _best(self, surfaces: Sequence[Surface]) -> Surface:
        for surface in surfaces:
            if surface in self._readers:
                return surface
        raise self._missing(surfaces)

    def _missing(self, surfaces: Sequence[Surface]) -> ProviderError:
        """Why none of `surfaces` can be asked."""
        down = {one: self._down[one] for one in surfaces if one in self._down}
        told = _first_contained(down)
        if told is not None:
            return told
        names = " or ".join(surface.value for surface in surfaces)
        return Conflict(
            self._source,
            "asking 1Password",
            f"Only {names} can tell, and the settings do not name it.",
            "Add it to keyturn.yaml.",
        )

    async def _unproven(self, pages: AsyncIterator[Page[T]]) -> AsyncIterator[Page[T]]:
        """The pages; without their proof where `op` should have listed and did not answer."""
        async for page in pages:
            yield replace(page, proof="") if Surface.OP in self._down else page

    def _end_incomplete(self) -> None:
        if Surface.OP in self._down:
            raise contained(Surface.OP, self._down[Surface.OP])


def _first_contained(failures: dict[Surface, ProviderError]) -> ProviderError | None:
    for surface in Surface:
        if surface in failures:
            return contained(surface, failures[surface])
    return None


def _tells_nothing(told: SurfaceList) -> bool:
    return told.surface is Surface.USERS_API and told.accounts[0].state is AccountState.UNKNOWN


def _only_bridge(group_id: str) -> Unreadable:
    return Unreadable(group_id, "The SCIM bridge lists this group, and op does not.")
