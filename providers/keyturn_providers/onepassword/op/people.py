"""Writes about people and group memberships, one call of `op` each, looked at before.

None checks its own effect: after any of them `op` says nothing, so the engine reads back.
"""

import time

from keyturn_providers.abilities import Outcome, Receipt
from keyturn_providers.errors import Conflict, Gone, NotAllowed, ProviderError
from keyturn_providers.onepassword.op.classify import Said, Trouble
from keyturn_providers.onepassword.op.client import OpClient
from keyturn_providers.onepassword.op.failures import refused
from keyturn_providers.onepassword.op.live import LiveRead
from keyturn_providers.onepassword.op.payloads import User, documents, shaped
from keyturn_providers.onepassword.op.queries import Queries, is_id
from keyturn_providers.onepassword.op.standing import Standing
from keyturn_providers.onepassword.op.taken import Taken
from keyturn_providers.onepassword.states import Invitation, invitation, state_of
from keyturn_providers.records import Account, AccountState, Unreadable
from keyturn_providers.text import safe

_DONE = Receipt(Outcome.APPLIED)
_AGAIN = "Refresh and plan again."


class PeopleWriter:
    """Suspends, reactivates, invites, confirms, and changes who is in a group.

    Every method raises `Gone` where the person or group does not exist, refuses to take anything
    from the session's own account, and answers ALREADY_SO without a write where nothing is left
    to do.
    """

    def __init__(
        self,
        client: OpClient,
        live: LiveRead,
        standing: Standing,
        taken: Taken,
        deauthorize_after: str,
    ) -> None:
        self._client = client
        self._queries = Queries(client)
        self._live = live
        self._standing = standing
        self._taken = taken
        self._deauthorize_after = deauthorize_after

    async def suspend(self, account_id: str) -> Receipt:
        """Ends all sessions at once; devices are deauthorised after the settings' time."""
        what = f"suspending {safe(account_id, 60)}"
        self._refuse_own(account_id, what)
        user = await self._user(account_id, what)
        if state_of(user.state)[0].is_off:
            return Receipt(Outcome.ALREADY_SO, note=f"1Password says {safe(user.state, 40)}")
        flags = ("--deauthorize-devices-after", self._deauthorize_after)
        return await self._switch("suspend", account_id, what, AccountState.SUSPENDED, *flags)

    async def reactivate(self, account_id: str) -> Receipt:
        what = f"reactivating {safe(account_id, 60)}"
        user = await self._user(account_id, what)
        state = state_of(user.state)[0]
        if state is AccountState.ACTIVE:
            return Receipt(Outcome.ALREADY_SO)
        if state in {AccountState.INVITED, AccountState.DEACTIVATED}:
            raise self._conflict(
                what,
                f"The account is not suspended: 1Password says {safe(user.state, 40)}.",
                "Invite or confirm the person instead; nothing was sent.",
            )
        return await self._switch("reactivate", account_id, what, AccountState.ACTIVE)

    async def provision(self, email: str, name: str) -> Receipt:
        """Sends the invitation; to who has one, only once that has expired. Whether `op` can send
        an invitation again is not documented: where it refuses, Conflict says who can."""
        what = f"inviting {safe(email, 120)}"
        address, called = email.strip(), name.strip() or email.strip()
        if "@" not in address or address.startswith("-") or called.startswith("-"):
            raise self._conflict(what, "It is no address or name to invite.", "Nothing was sent.")
        known = await self._live.find(address)
        if known is not None and known.state.is_off:
            raise self._conflict(
                what,
                f"The account is there and off: 1Password says {known.state_raw}.",
                "Reactivate it instead; nothing was sent.",
            )
        if known is not None and not _has_expired(known):
            return Receipt(
                Outcome.ALREADY_SO,
                note=f"the account exists: 1Password says {known.state_raw}",
                account_id=known.id,
            )
        reply = await self._client.write(
            "user",
            "provision",
            "--email",
            address,
            "--name",
            called,
            what=what,
            returned=frozenset({Trouble.ALREADY_MEMBER}),
        )
        if reply.trouble is not None:
            raise self._conflict(
                what,
                f"1Password has the address already and sends no second invitation"
                f' (op: "{reply.words}").',
                "Send the invitation again from 1Password.com, under People.",
            )
        try:
            made = [shaped(User, document) for document in documents(reply.stdout)]
        except ValueError:
            made = []
        ids = [one.id for one in made if not isinstance(one, Unreadable)]
        if len(ids) == 1:
            return Receipt(Outcome.APPLIED, account_id=ids[0])
        found = await self._found_again(address)
        return Receipt(Outcome.APPLIED, account_id=found)

    async def confirm(self, account_id: str) -> Receipt:
        """For a person who has accepted; before that there is nothing to confirm (Conflict)."""
        what = f"confirming {safe(account_id, 60)}"
        user = await self._user(account_id, what)
        state, raw = state_of(user.state)
        if state is AccountState.ACTIVE:
            return Receipt(Outcome.ALREADY_SO)
        if raw.upper() != "TRANSFER_ACCEPTED":
            raise self._conflict(
                what,
                f"There is nothing to confirm yet: 1Password says {raw}.",
                "Wait until the person has accepted the invitation, or send it again.",
            )
        return await self._switch("confirm", account_id, what, AccountState.ACTIVE)

    async def add_membership(self, group_id: str, account_id: str) -> Receipt:
        """Adds a plain member; one who was removed as a manager in this process becomes one again,
        which takes a second call."""
        what = f"adding {safe(account_id, 60)} to group {safe(group_id, 60)}"
        members = await self._live.members(group_id)
        if members is None:
            raise self._gone(what, "The group does not exist.")
        if any(member.member_id == account_id for member in members):
            return Receipt(Outcome.ALREADY_SO)
        await self._user(account_id, what)
        reply = await self._add(group_id, account_id, "member", what)
        if (group_id, account_id) not in self._taken.managers:
            so = reply is Trouble.ALREADY_MEMBER
            return Receipt(Outcome.ALREADY_SO) if so else _DONE
        note = "as a manager of the group, as before"
        try:
            await self._add(group_id, account_id, "manager", what)
        except ProviderError as failure:
            # The membership itself is done; what failed is said, not hidden behind it.
            note = f"as a member; not as a manager, as before: {failure.why}"
        else:
            self._taken.managers.discard((group_id, account_id))
        return Receipt(Outcome.APPLIED, note=note)

    async def remove_membership(self, group_id: str, account_id: str) -> Receipt:
        what = f"removing {safe(account_id, 60)} from group {safe(group_id, 60)}"
        self._refuse_own(account_id, what)
        members = await self._live.members(group_id)
        if members is None:
            return Receipt(Outcome.ALREADY_SO, note="the group is gone")
        member = next((one for one in members if one.member_id == account_id), None)
        if member is None:
            return Receipt(Outcome.ALREADY_SO)
        await self._client.write(
            "group", "user", "revoke", "--group", group_id, "--user", account_id, what=what
        )
        if member.role != "manager":
            return _DONE
        self._taken.managers.add((group_id, account_id))
        return Receipt(Outcome.APPLIED, note="was a manager of the group")

    async def _switch(
        self, verb: str, account_id: str, what: str, wanted: AccountState, *flags: str
    ) -> Receipt:
        """One change of state. What the server refuses may have been done by somebody else just
        before, which its answer does not tell."""
        reply = await self._client.write(
            "user",
            verb,
            account_id,
            *flags,
            what=what,
            returned=frozenset({Trouble.REFUSED}),
        )
        if reply.trouble is None:
            return _DONE
        user = await self._user(account_id, what)
        if state_of(user.state)[0] is wanted:
            return Receipt(Outcome.ALREADY_SO, note=reply.words)
        raise refused(self._client.source, what, Said(reply.trouble, reply.words), writes=True)

    async def _add(self, group_id: str, account_id: str, role: str, what: str) -> Trouble | None:
        reply = await self._client.write(
            "group",
            "user",
            "grant",
            "--group",
            group_id,
            "--user",
            account_id,
            "--role",
            role,
            what=what,
            returned=frozenset({Trouble.ALREADY_MEMBER}),
        )
        return reply.trouble

    async def _found_again(self, address: str) -> str:
        """The id of who was just invited, where `op` did not tell it; empty where that fails: the
        invitation was sent all the same."""
        try:
            account = await self._live.find(address)
        except ProviderError:
            return ""
        return account.id if account is not None else ""

    async def _user(self, account_id: str, what: str) -> User:
        user = await self._live.user(account_id) if is_id(account_id) else None
        if user is None:
            raise self._gone(what, "There is no such person.")
        return user

    def _refuse_own(self, account_id: str, what: str) -> None:
        if account_id == self._standing.own_id:
            raise NotAllowed(
                self._client.source,
                what,
                "This is the account keyturn itself works with.",
                "Do it with another Owner's or Administrator's session.",
            )

    def _gone(self, what: str, why: str) -> Gone:
        return Gone(self._client.source, what, why, _AGAIN)

    def _conflict(self, what: str, why: str, next_step: str) -> Conflict:
        return Conflict(self._client.source, what, why, next_step)


def _has_expired(account: Account) -> bool:
    found = invitation(account, int(time.time() * 1000))
    return found is not None and found.standing is Invitation.EXPIRED
