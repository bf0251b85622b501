"""The Users API as a surface: people by id, whether they are suspended, and the switch for it."""

import time
from collections.abc import AsyncIterator

from keyturn_providers.abilities import (
    Ability,
    Outcome,
    Page,
    Receipt,
)
from keyturn_providers.checks import server_checks
from keyturn_providers.contract import (
    Check,
    Condition,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import BadAnswer, Conflict, Gone, ProviderError
from keyturn_providers.onepassword.users_api.client import ACTIVE, PAGE, SUSPENDED, UsersClient
from keyturn_providers.onepassword.users_api.payloads import account
from keyturn_providers.onepassword.users_api.settings import UsersApiSettings
from keyturn_providers.onepassword.view import PlainView, Surface
from keyturn_providers.paging import Broken, CursorWalk, Done, NextCursor
from keyturn_providers.records import Account, AccountState, Unreadable

READS = frozenset({Ability.LIST_ACCOUNTS, Ability.READ_ACCOUNT, Ability.FIND_ACCOUNT})
WRITES = frozenset({Ability.SUSPEND, Ability.REACTIVATE})
_WORDS = {ACTIVE: "active users", SUSPENDED: "suspended users"}


class UsersSurface:
    """Reads and changes accounts. Sends nothing before the first call."""

    def __init__(self, source: str, settings: UsersApiSettings, surroundings: Surroundings) -> None:
        self._client = UsersClient(source, settings, surroundings)
        self._reserve = surroundings.rate_reserve

    async def look(self) -> PlainView:
        """Lists one user, which shows that credential and account are good."""
        client = self._client
        await client.page(ACTIVE, "", size=1, what="listing users")
        subject, transport = Surface.USERS_API.value, client.transport
        checks = server_checks(
            subject,
            transport.base_url,
            transport.seen,
            transport.windows(),
            now_ms=int(time.time() * 1000),
            reserve=self._reserve,
        )
        words = "The client's secret was taken; it has no end, and its age is not told."
        token = Check(Topic.TOKEN, Condition.UNKNOWN, subject, words)
        return PlainView(
            tenant=client.account_id,
            version="Users API v1beta1",
            reads=READS,
            writes=WRITES,
            checks=(*checks, token, *_scopes()),
        )

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        """Active people, then suspended ones, then the ids of the active ones once more: who went
        from one list into the other meanwhile would be missed else. Raises `Conflict` then."""
        seen: set[str] = set()
        counts = {}
        for state in (ACTIVE, SUSPENDED):
            counts[state] = 0
            async for records, odd in self._pages(state):
                fresh = tuple(one for one in records if one.id not in seen)
                if len(fresh) != len(records):
                    raise self._changed()
                seen |= _ids(records, odd)
                counts[state] += len(records) + len(odd)
                yield Page(fresh, odd)
        async for records, odd in self._pages(ACTIVE):
            if not _ids(records, odd) <= seen:
                raise self._changed()
        yield Page(
            (),
            proof=f"{counts[ACTIVE]} active and {counts[SUSPENDED]} suspended users, each list to"
            " its last page, and nobody new among the active ones afterwards",
        )

    async def read_account(self, account_id: str) -> Account | None:
        return await self._client.user(account_id, what=f"reading account {account_id}")

    async def find_account(self, email: str) -> Account | None:
        """By reading all accounts: the Users API has no way to ask for an address."""
        found = [
            one
            async for page in self.accounts()
            for one in page.records
            if any(mail.address.casefold() == email.casefold() for mail in one.emails)
        ]
        if len(found) > 1:
            raise Conflict(
                self._client.source,
                "looking for an account by its e-mail address",
                f"{len(found)} accounts have this address.",
                "Look at them in 1Password itself.",
            )
        return found[0] if found else None

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        """Suspends; the person's devices stay authorised, as far as is known."""
        what = f"suspending account {account_id}"
        return await self._change(account_id, "suspend", AccountState.SUSPENDED, what)

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        what = f"reactivating account {account_id}"
        return await self._change(account_id, "reactivate", AccountState.ACTIVE, what)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _change(self, account_id: str, verb: str, wanted: AccountState, what: str) -> Receipt:
        before = await self._client.user(account_id, what=what)
        if before is None:
            raise Gone(self._client.source, what, "The account does not exist.", "Refresh.")
        if before.state is wanted:
            return Receipt(Outcome.ALREADY_SO)
        answer, after = await self._client.change(account_id, verb, what=what)
        ids = (answer.request_id,) if answer.request_id else ()
        note = ""
        if after is None or after.state is not wanted:
            note = "The answer did not show the new state; it is read again."
        return Receipt(Outcome.APPLIED, ids, note)

    async def _pages(
        self, state: str
    ) -> AsyncIterator[tuple[tuple[Account, ...], tuple[Unreadable, ...]]]:
        noun = _WORDS[state]
        # No next token is the documented end, also of a full page: so one more than can come.
        walk, token = CursorWalk(noun, PAGE + 1), ""
        while True:
            page = await self._client.page(state, token, what=f"listing {noun}")
            found = [account(user) for user in page.users]
            step = walk.take([one.id for one in found], next_cursor=page.next_token, total=None)
            if isinstance(step, Broken):
                raise self._broken(step)
            yield (
                tuple(one for one in found if isinstance(one, Account)),
                tuple(one for one in found if isinstance(one, Unreadable)),
            )
            match step:
                case NextCursor(cursor):
                    token = cursor
                case Done():
                    return

    def _broken(self, step: Broken) -> ProviderError:
        kind = Conflict if step.changed else BadAnswer
        return kind(
            self._client.source,
            "listing users",
            step.why,
            "The list is not known to be whole, so nothing is closed by it; refresh again.",
        )

    def _changed(self) -> Conflict:
        return Conflict(
            self._client.source,
            "listing users",
            "Somebody was suspended, reactivated or added while the lists were read.",
            "Nothing is closed by this reading; refresh again.",
        )


def _scopes() -> tuple[Check, Check]:
    words = "Whether the application may do this, its first use will show."
    return (
        Check(Topic.SCOPE, Condition.WELL, "list users", "The application may list users."),
        Check(Topic.SCOPE, Condition.UNKNOWN, "suspend and reactivate users", words),
    )


def _ids(records: tuple[Account, ...], odd: tuple[Unreadable, ...]) -> set[str]:
    return {one.id for one in records} | {one.id for one in odd if one.id is not None}
