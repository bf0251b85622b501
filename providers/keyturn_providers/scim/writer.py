"""The writing half of the SCIM connector: one PATCH for a change, looked at before, sent once.

None of these checks its own effect: the engine reads the object back. One odd object raises
`Conflict`: it says nothing about the others.
"""

from collections.abc import Mapping

from scim2_models import EnterpriseUser, Group, PatchOp, PatchOperation, User

from keyturn_providers.abilities import Outcome, Receipt
from keyturn_providers.errors import Conflict, Gone, Misconfigured
from keyturn_providers.http import Answer
from keyturn_providers.records import Account, AccountState, Unreadable
from keyturn_providers.scim import translate
from keyturn_providers.scim.client import GROUPS, USERS, Resource, ScimClient, literal
from keyturn_providers.scim.payloads import as_object, attribute, error_of
from keyturn_providers.scim.reader import group_with_members

_PATH_REFUSED = frozenset({"invalidpath", "invalidfilter", "notarget", "invalidsyntax", ""})


class ScimWriter:
    """Suspends and reactivates accounts, adds and removes memberships.

    Every method raises `Gone` where the account or group does not exist, and answers ALREADY_SO
    without a write where nothing is left to do.
    """

    def __init__(self, client: ScimClient) -> None:
        self._client = client

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        """Sets `active` to false (RFC 7643 §4.1.1)."""
        what = f"suspending account {account_id}"
        return await self._set_active(account_id, operation_id, what, active=False)

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        """Sets `active` to true."""
        what = f"reactivating account {account_id}"
        return await self._set_active(account_id, operation_id, what, active=True)

    async def add_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        what = f"adding account {account_id} to group {group_id}"
        self._check(operation_id, what)
        group = await self._group(group_id, what)
        if account_id in _member_ids(group):
            return Receipt(Outcome.ALREADY_SO)
        await self._account(account_id, what)  # a server may take any id for a member
        answer = await self._client.patch(
            GROUPS,
            group_id,
            _members("add", "members", [{"value": account_id}]),
            what=what,
            operation_id=operation_id,
        )
        return _receipt(answer)

    async def remove_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        """Removes `members[value eq "id"]`.

        A server that refuses such a path is sent the whole list without the member instead, bound
        to the version just read where it has versions. The form that some products use (remove
        `members` with a value) is never sent: others take it as "remove all".
        """
        what = f"removing account {account_id} from group {group_id}"
        self._check(operation_id, what)
        if not self._holds(await self._group(group_id, what), account_id, what):
            return Receipt(Outcome.ALREADY_SO)
        refused = await self._client.patch(
            GROUPS,
            group_id,
            _members("remove", f"members[value eq {literal(account_id)}]"),
            what=what,
            operation_id=operation_id,
            refusable=True,
        )
        if refused.status in (200, 204):
            return _receipt(refused)
        error = error_of(refused.body)
        if error is not None and error.scim_type.casefold() not in _PATH_REFUSED:
            raise self._client.failure(refused)
        group = await self._group(group_id, what)
        if not self._holds(group, account_id, what):
            return Receipt(Outcome.ALREADY_SO, _request_ids(refused))
        answer = await self._client.patch(
            GROUPS,
            group_id,
            _members("replace", "members", self._all_but(group, account_id, what)),
            what=what,
            operation_id=operation_id,
            version=group.version,
        )
        return Receipt(
            Outcome.APPLIED,
            _request_ids(refused, answer),
            "The server refuses a filter in a path; the whole list was replaced.",
        )

    async def _set_active(
        self, account_id: str, operation_id: str, what: str, *, active: bool
    ) -> Receipt:
        self._check(operation_id, what)
        if (await self._account(account_id, what)).state is (
            AccountState.ACTIVE if active else AccountState.SUSPENDED
        ):
            return Receipt(Outcome.ALREADY_SO)
        answer = await self._client.patch(
            USERS,
            account_id,
            active_patch(active=active),
            what=what,
            operation_id=operation_id,
        )
        return _receipt(answer)

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

    async def _group(self, group_id: str, what: str) -> Resource:
        group = await group_with_members(self._client, group_id, what=what)
        if group is None:
            raise Gone(self._client.source, what, "The group does not exist.", "Refresh.")
        return group

    def _holds(self, group: Resource, account_id: str, what: str) -> bool:
        ids = _member_ids(group)
        if account_id not in ids and None in ids:
            raise Conflict(
                self._client.source,
                what,
                "A member of the group has no id, so it cannot be told whether it is this one.",
                "Nothing was changed; look at the group in the directory itself.",
            )
        return account_id in ids

    def _all_but(self, group: Resource, account_id: str, what: str) -> list[dict[str, object]]:
        kept: list[dict[str, object]] = []
        for raw in translate.members_of(group.payload) or ():
            entry = as_object(raw)
            value = None if entry is None else attribute(entry, "value")
            if entry is None or not isinstance(value, str | int) or value == "":
                raise Conflict(
                    self._client.source,
                    what,
                    "A member of the group has no id, so the list cannot be sent back whole.",
                    "Nothing was changed; remove the member in the directory itself.",
                )
            if str(value) != account_id:
                kept.append(_as_sent(entry, value))
        return kept

    def _check(self, operation_id: str, what: str) -> None:
        if not operation_id or not all("!" <= char <= "~" for char in operation_id):
            raise Misconfigured(
                self._client.source,
                what,
                "The operation id cannot stand in a header.",
                "Nothing was sent; plan again.",
            )


def active_patch(*, active: bool) -> dict[str, object]:
    """The body that sets `active` (RFC 7643 §4.1.1)."""
    operation = PatchOperation[User[EnterpriseUser]](
        op=PatchOperation.Op.replace_, path="active", value=active
    )
    body: dict[str, object] = PatchOp[User[EnterpriseUser]](operations=[operation]).model_dump()
    return body


def _members(op: str, path: str, value: list[dict[str, object]] | None = None) -> dict[str, object]:
    operation = PatchOperation[Group](op=PatchOperation.Op(op), path=path, value=value)
    body: dict[str, object] = PatchOp[Group](operations=[operation]).model_dump()
    return body


def _as_sent(entry: Mapping[str, object], value: str | int) -> dict[str, object]:
    kind = attribute(entry, "type")
    return {"value": value, "type": kind} if isinstance(kind, str) else {"value": value}


def _member_ids(group: Resource) -> set[str | None]:
    """The ids of the members; None among them for a member that has none."""
    ids: set[str | None] = set()
    for raw in translate.members_of(group.payload) or ():
        value = attribute(as_object(raw) or {}, "value")
        ids.add(str(value) if isinstance(value, str | int) and value != "" else None)
    return ids


def _receipt(answer: Answer) -> Receipt:
    return Receipt(Outcome.APPLIED, _request_ids(answer))


def _request_ids(*answers: Answer) -> tuple[str, ...]:
    return tuple(answer.request_id for answer in answers if answer.request_id)
