"""Suspends and reactivates through the bridge; of the rest of SCIM nothing is written there."""

from keyturn_providers.abilities import Outcome, Receipt
from keyturn_providers.errors import Conflict, Gone
from keyturn_providers.onepassword.bridge.client import BridgeClient
from keyturn_providers.records import Account, AccountState, Unreadable
from keyturn_providers.scim import translate
from keyturn_providers.scim.client import USERS
from keyturn_providers.scim.writer import active_patch

_REFUSED = (400, 501)


class BridgeWriter:
    """Looks first, then sends one change. ALREADY_SO where nothing is left to do; `Gone` where the
    account does not exist."""

    def __init__(self, client: BridgeClient) -> None:
        self._client = client

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        """`active` false; where the bridge refuses such a PATCH, the DELETE it takes for the same.

        What the bridge suspended, the identity provider may reactivate at its next sync.
        """
        what = f"suspending account {account_id}"
        if (await self._account(account_id, what)).state is AccountState.SUSPENDED:
            return Receipt(Outcome.ALREADY_SO)
        patched = await self._client.patch(
            USERS,
            account_id,
            active_patch(active=False),
            what=what,
            operation_id=operation_id,
            refusable=True,
        )
        ids = (patched.request_id,) if patched.request_id else ()
        if patched.status not in _REFUSED:
            return Receipt(Outcome.APPLIED, ids)
        deleted = await self._client.delete_user(account_id, what=what, operation_id=operation_id)
        if deleted.request_id:
            ids = (*ids, deleted.request_id)
        note = "The bridge refuses a PATCH; it was sent the DELETE that it takes for a suspension."
        return Receipt(Outcome.APPLIED, ids, note)

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        """`active` true."""
        what = f"reactivating account {account_id}"
        if (await self._account(account_id, what)).state is AccountState.ACTIVE:
            return Receipt(Outcome.ALREADY_SO)
        answer = await self._client.patch(
            USERS, account_id, active_patch(active=True), what=what, operation_id=operation_id
        )
        return Receipt(Outcome.APPLIED, (answer.request_id,) if answer.request_id else ())

    async def _account(self, account_id: str, what: str) -> Account:
        resource = await self._client.resource(USERS, account_id, what=what)
        if resource is None:
            raise Gone(self._client.source, what, "The account does not exist.", "Refresh.")
        account = translate.account(resource.payload)
        if isinstance(account, Unreadable):
            raise Conflict(
                self._client.source, what, account.reason, "Nothing was changed; look at it there."
            )
        return account
