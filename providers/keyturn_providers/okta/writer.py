"""The writing half of the Okta connector. Two classes, since users and groups are managed under
two scopes; `OktaWriter` is both.

Okta's own answer says whether something was done, and its request id stands in the System Log. Only
where the answer leaves it open is the object read.
"""

from keyturn_providers.abilities import Outcome, Receipt
from keyturn_providers.errors import Conflict, Gone, NotAllowed, ProviderError
from keyturn_providers.http import Answer
from keyturn_providers.okta import translate
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.codes import code_of
from keyturn_providers.okta.extras import Extras
from keyturn_providers.okta.payloads import GROUPS, USERS, GroupPayload
from keyturn_providers.okta.sight import Sight
from keyturn_providers.records import Account, AccountState, Group

_STATE_ERRORS = frozenset({"E0000001", "E0000016", "E0000038"})
_NOT_DONE = "Nothing was changed."


class _Writer:
    def __init__(self, client: OktaClient, sight: Sight) -> None:
        self._client = client
        self._extras = Extras(client, sight)

    async def _user(self, account_id: str, what: str) -> Account:
        path = self._client.path("/api/v1/users/{}", account_id, what=what)
        user = await self._client.one(path, USERS, what=what)
        if user is None:
            raise Gone(self._client.source, what, "The user does not exist.", "Refresh.")
        if user.id != account_id:
            raise Conflict(
                self._client.source,
                what,
                f"What was asked for is no id, but another name of user {user.id}.",
                f"{_NOT_DONE} Refresh and plan again.",
            )
        return translate.account(user)


class UserWriter(_Writer):
    """Lifecycle and sessions of users."""

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        """Only from ACTIVE, says Okta; groups and assignments stay, and nothing is sent to the
        applications."""
        what = f"suspending user {account_id}"
        answer = await self._lifecycle(account_id, "suspend", what)
        if answer.status in (200, 204):
            return _receipt(answer, "Okta sends nothing to its applications on suspension")
        return await self._judged(answer, account_id, what, AccountState.SUSPENDED)

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        """A suspended user is unsuspended, a deactivated one activated without an e-mail. Who can
        sign in already is already so."""
        what = f"reactivating user {account_id}"
        user = await self._user(account_id, what)
        match user.state:
            case AccountState.ACTIVE:
                return Receipt(Outcome.ALREADY_SO, note=f"Okta has it as {user.state_raw}")
            case AccountState.SUSPENDED:
                answer = await self._lifecycle(account_id, "unsuspend", what)
                note = ""
            case AccountState.DEACTIVATED:
                answer = await self._lifecycle(account_id, "activate", what, mail=False)
                note = (
                    "activated anew: what was taken from the user by the deactivation"
                    " (assignments, API tokens) does not come back by itself"
                )
            case _:
                raise self._wrong_state(user, what)
        if answer.status in (200, 204):
            return _receipt(answer, note)
        return await self._judged(answer, account_id, what, AccountState.ACTIVE)

    async def deactivate(self, account_id: str, operation_id: str) -> Receipt:
        """Ends the user's assignments and API tokens. It may go on after this returns; a read by id
        shows on the way to which state the user is."""
        what = f"deactivating user {account_id}"
        answer = await self._lifecycle(account_id, "deactivate", what, mail=False)
        if answer.status in (200, 204):
            return _receipt(answer)
        return await self._judged(answer, account_id, what, AccountState.DEACTIVATED)

    async def end_all_sessions(self, account_id: str, operation_id: str) -> Receipt:
        """Okta's own sessions, OAuth tokens and remembered devices; not those of applications."""
        what = f"ending the sessions of user {account_id}"
        answer = await self._client.change(
            "DELETE",
            self._client.path("/api/v1/users/{}/sessions", account_id, what=what),
            params={"oauthTokens": "true", "forgetDevices": "true"},
            what=what,
        )
        return _receipt(answer, "sessions inside applications are not ended by this")

    async def _lifecycle(
        self, account_id: str, verb: str, what: str, *, mail: bool | None = None
    ) -> Answer:
        template = "/api/v1/users/{}/lifecycle/" + verb
        return await self._client.change(
            "POST",
            self._client.path(template, account_id, what=what),
            params=None if mail is None else {"sendEmail": "true" if mail else "false"},
            what=what,
            ok=(200, 204, 400, 403),
        )

    async def _judged(
        self, refused: Answer, account_id: str, what: str, wanted: AccountState
    ) -> Receipt:
        """What a refusal means: Okta does not say which state it found, so the user is read."""
        if code_of(refused.body) not in _STATE_ERRORS:
            raise self._client.failure(refused)
        user = await self._user(account_id, what)
        if user.state is wanted or (wanted.is_off and user.state is AccountState.DEACTIVATED):
            note = f"Okta refused, since it has the user as {user.state_raw}"
            return Receipt(Outcome.ALREADY_SO, _ids(refused), note)
        raise self._wrong_state(user, what)

    def _wrong_state(self, user: Account, what: str) -> ProviderError:
        return Conflict(
            self._client.source,
            what,
            f"Okta does not do this with a user who is {user.state_raw}.",
            f"{_NOT_DONE} Look at the user in Okta's console; deactivating works from any state.",
        )


class GroupWriter(_Writer):
    """Who is in a group."""

    async def add_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        what = f"adding user {account_id} to group {group_id}"
        if group_id in await self._groups_of(account_id, what):
            return Receipt(Outcome.ALREADY_SO)
        path = self._client.path("/api/v1/groups/{}", group_id, what=what)
        group = await self._client.one(path, GROUPS, what=what)
        if group is None:
            raise Gone(self._client.source, what, "The group does not exist.", "Refresh.")
        self._refuse_foreign(translate.group(group), what)
        return _receipt(await self._change("PUT", group_id, account_id, what))

    async def remove_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        """Where a rule put the user in, the note says so: Okta then keeps the user out by an
        exclusion of the rule, or puts them back."""
        what = f"removing user {account_id} from group {group_id}"
        held = (await self._groups_of(account_id, what)).get(group_id)
        if held is None:
            return Receipt(Outcome.ALREADY_SO)
        rules = await self._rules_of(group_id)
        self._refuse_foreign(translate.group(held), what)
        note = (
            f"rules put people into this group ({', '.join(rules)}): Okta excludes the user from"
            " them, or puts the user back"
        )
        answer = await self._change("DELETE", group_id, account_id, what)
        return _receipt(answer, note if rules else "")

    async def _groups_of(self, account_id: str, what: str) -> dict[str, GroupPayload]:
        path = self._client.path("/api/v1/users/{}/groups", account_id, what=what)
        groups = await self._client.all(path, GROUPS, noun=f"groups of user {account_id}")
        return {group.id: group for group in groups}

    async def _rules_of(self, group_id: str) -> tuple[str, ...]:
        try:
            return (await self._extras.rules.get()).get(group_id, ())
        except NotAllowed:
            return ()

    async def _change(self, method: str, group_id: str, account_id: str, what: str) -> Answer:
        path = self._client.path("/api/v1/groups/{}/users/{}", group_id, account_id, what=what)
        return await self._client.change(method, path, what=what)

    def _refuse_foreign(self, group: Group, what: str) -> None:
        if group.managed_by:
            raise Conflict(
                self._client.source,
                what,
                f"Who is in {group.name} is decided by {group.managed_by}, so Okta refuses it.",
                f"{_NOT_DONE} Change it there.",
            )


class OktaWriter(UserWriter, GroupWriter):
    """All that keyturn changes in Okta."""


def _receipt(answer: Answer, note: str = "") -> Receipt:
    return Receipt(Outcome.APPLIED, _ids(answer), note)


def _ids(answer: Answer) -> tuple[str, ...]:
    return (answer.request_id,) if answer.request_id else ()
