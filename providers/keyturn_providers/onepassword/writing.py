"""Which surface makes which change: `op` if somebody is signed in, else the Users API, else the
bridge.

Another is only tried where the request to the first surely never arrived or its credential was not
taken. What was refused stays refused: a second credential is no way around it. And after an answer
that was lost nothing is sent before the target has been read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from keyturn_providers.abilities import (
    Ability,
    Reactivates,
    Receipt,
    Suspends,
    able,
)
from keyturn_providers.errors import (
    Conflict,
    Gone,
    NotAllowed,
    NotAuthenticated,
    ProviderError,
    Unreachable,
)
from keyturn_providers.onepassword.op.writer import OpWriter
from keyturn_providers.onepassword.parts import Parts
from keyturn_providers.onepassword.reading import Reading
from keyturn_providers.onepassword.telling import named, none_answers
from keyturn_providers.onepassword.view import Standing, Surface

_PEOPLE = (Surface.OP, Surface.USERS_API, Surface.BRIDGE)
_DEVICES_STAY = "devices stay authorised, since only op can deauthorise them"


class Writing:
    """Sends each change once, to one surface."""

    def __init__(self, parts: Parts, standing: Standing) -> None:
        self._source = parts.source
        self._standing = standing
        self._reading = Reading(parts, standing)
        self._writers: dict[Surface, object] = {}
        if parts.op is not None and Surface.OP in standing.up:
            self._writers[Surface.OP] = parts.op.writer()
        if parts.users is not None and Surface.USERS_API in standing.up:
            self._writers[Surface.USERS_API] = parts.users
        if parts.bridge is not None and Surface.BRIDGE in standing.up:
            self._writers[Surface.BRIDGE] = parts.bridge.writer()

    def op(self) -> OpWriter:
        """The writer of `op`, which alone changes groups and vaults."""
        writer = self._writers.get(Surface.OP)
        if isinstance(writer, OpWriter):
            return writer
        raise none_answers(
            {one: why for one, why in self._standing.down.items() if one is Surface.OP}
        )

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        what = f"suspending account {account_id}"
        self._refuse_own(account_id, what)
        return await self._by_first(
            Ability.SUSPEND,
            account_id,
            what,
            lambda writer: able(writer, Suspends).suspend(account_id, operation_id),
            note_elsewhere=_DEVICES_STAY,
        )

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        return await self._by_first(
            Ability.REACTIVATE,
            account_id,
            f"reactivating account {account_id}",
            lambda writer: able(writer, Reactivates).reactivate(account_id, operation_id),
        )

    async def _by_first(
        self,
        ability: Ability,
        account_id: str,
        what: str,
        call: Callable[[object], Awaitable[Receipt]],
        *,
        note_elsewhere: str = "",
    ) -> Receipt:
        surfaces = [
            one
            for one in _PEOPLE
            if one in self._writers and ability in self._standing.up[one].writes
        ]
        passed: dict[Surface, ProviderError] = {}
        for surface in surfaces:
            failure: ProviderError
            try:
                receipt = await call(self._writers[surface])
            except (Unreachable, NotAuthenticated) as error:
                passed[surface] = error
                continue
            except ProviderError as error:
                failure = error
            else:
                return _told(receipt, surface, passed, note_elsewhere)
            if isinstance(failure, Gone):
                failure = await self._if_proven_gone(surface, account_id, what, failure)
            raise named(surface, failure)
        raise none_answers(passed or self._standing.down)

    async def _if_proven_gone(
        self, surface: Surface, account_id: str, what: str, gone: Gone
    ) -> ProviderError:
        """`gone`, if nobody knows better: a lesser surface does not see every account."""
        if surface is Surface.OP:
            return gone
        words = ""
        if Surface.OP in self._standing.down:
            words = "op, which would know, does not answer."
        else:
            try:
                if await self._reading.read_account(account_id) is not None:
                    words = "another surface has it."
            except ProviderError as error:
                words = f"another surface cannot be asked: {error.why}"
        if not words:
            return gone
        why = f"The {surface.value} does not know the account, but {words} Nothing was changed."
        return Conflict(self._source, what, why, "Refresh and plan again.")

    def _refuse_own(self, account_id: str, what: str) -> None:
        for view in self._standing.up.values():
            if view.own is not None and view.own.account_id == account_id:
                raise NotAllowed(
                    self._source,
                    what,
                    "It is the account that keyturn itself works with. Nothing was changed.",
                    "Have somebody else do it, signed in as themselves.",
                )


def _told(
    receipt: Receipt, surface: Surface, passed: dict[Surface, ProviderError], elsewhere: str
) -> Receipt:
    """The receipt with which surface did it, and why not a more exact one."""
    parts = [f"by {surface.phrase}"]
    parts += [f"{other.value} did not take it: {error.why}" for other, error in passed.items()]
    if surface is not Surface.OP and elsewhere:
        parts.append(elsewhere)
    if receipt.note:
        parts.append(receipt.note)
    return replace(receipt, note="; ".join(parts))
