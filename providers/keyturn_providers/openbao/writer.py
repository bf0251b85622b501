"""The writer: one remote write per operation, each with the operation's id in a header.

The server has no compare-and-swap, so every change of a list re-reads the object just before and
writes the one field that changes; the server leaves the others as they are (seen on OpenBao 2.7).
Two writers at the same moment can still lose one of the two changes: the engine reads back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from keyturn_providers.abilities import Outcome, Receipt
from keyturn_providers.errors import Conflict, Gone, NotAllowed, ProviderError
from keyturn_providers.openbao.carriers import Carrier, CarrierKind, Holder, parse_carrier
from keyturn_providers.openbao.client import BaoClient, part
from keyturn_providers.openbao.fitting import fitting_policy
from keyturn_providers.openbao.grants import Judge
from keyturn_providers.openbao.operation_header import OperationHeader
from keyturn_providers.openbao.policy_holders import PolicyHolders
from keyturn_providers.openbao.server_read import ServerRead
from keyturn_providers.records import Level, PrincipalKind
from keyturn_providers.text import safe

_OWN_ACCOUNT = "This is the account keyturn itself works with."


class Own:
    """Who keyturn is on this server: never a target of anything that takes away."""

    def __init__(self, accessor: str, entity_id: str) -> None:
        self.accessor = accessor
        self.entity_id = entity_id


class OpenBaoWriter:
    """The writing abilities. Reads before it writes; what is already so is said, not done again."""

    def __init__(
        self,
        client: BaoClient,
        server: ServerRead,
        own: Callable[[], Awaitable[Own]],
        header: OperationHeader,
    ) -> None:
        self._client = client
        self._server = server
        self._own = own
        self._header = header
        self._holders = PolicyHolders(client, server)
        # Re-reading and writing belong together: two of keyturn's own tasks must not interleave.
        self._one_at_a_time = asyncio.Lock()

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        """Disables the entity: its logins and tokens answer 403 at once, but the tokens exist on
        until their sessions are ended."""
        if account_id == (await self._own()).entity_id:
            raise self._refusal("suspending", _OWN_ACCOUNT)
        return await self._set_disabled(account_id, operation_id, disabled=True)

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        return await self._set_disabled(account_id, operation_id, disabled=False)

    async def end_session(self, session_id: str, operation_id: str) -> Receipt:
        """Revokes the token with this accessor and every token made with it."""
        what = "ending a session"
        if session_id == (await self._own()).accessor:
            raise self._refusal(what, "This is the token keyturn itself works with.")
        note = await self._header.prepare()
        try:
            request_id, warnings = await self._client.write(
                "auth/token/revoke-accessor", {"accessor": session_id}, what, operation_id
            )
        except Gone:
            return Receipt(Outcome.ALREADY_SO, note="there is no token with this accessor")
        if any("No token found" in warning for warning in warnings):
            return Receipt(Outcome.ALREADY_SO, _ids(request_id), "there was no such token any more")
        return Receipt(Outcome.APPLIED, _ids(request_id), note)

    async def add_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        """Raises Gone where the account does not exist: the server would answer that with 500."""
        what = f"adding {safe(account_id, 80)} to group {safe(group_id, 80)}"
        if await self._server.entity(account_id) is None:
            raise self._gone(what, "There is no such account.")
        return await self._change_members(group_id, account_id, operation_id, what, wanted=True)

    async def remove_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        what = f"removing {safe(account_id, 80)} from group {safe(group_id, 80)}"
        if account_id == (await self._own()).entity_id:
            raise self._refusal(what, _OWN_ACCOUNT)
        return await self._change_members(group_id, account_id, operation_id, what, wanted=False)

    async def grant(
        self,
        vault_id: str,
        principal_kind: PrincipalKind,
        principal_id: str,
        level: Level,
        operation_id: str,
        permissions: tuple[str, ...] = (),
    ) -> Receipt:
        """Attaches an existing policy that gives exactly this level on this vault and nothing else.
        Raises Conflict, naming the policy that would be needed, where there is none. What a policy
        holds is not granted one by one: `permissions` change nothing."""
        what = f"granting {level.value} on {safe(vault_id, 80)}"
        kinds = {
            PrincipalKind.ACCOUNT: CarrierKind.ENTITY,
            PrincipalKind.GROUP: CarrierKind.GROUP,
        }
        if principal_kind not in kinds:
            raise self._refusal(what, "keyturn grants to accounts and groups only.")
        mount = (await self._server.mounts()).by_id(vault_id)
        if mount is None:
            raise self._gone(what, "There is no such vault.")
        policies = (await self._server.policies()).by_name
        judge = Judge(policies)
        name = fitting_policy(policies.values(), mount, level, judge)
        if name is None:
            raise Conflict(
                self._client.source,
                what,
                f"No policy gives exactly {level.value} on {mount.path}/ and nothing else.",
                f"Write one whose paths all begin with {mount.path}/ and that allows"
                f" {level.value} there, then plan again; keyturn writes no policies.",
            )
        carrier = Carrier(Holder(kinds[principal_kind], (principal_id,)), name)
        return await self._set_policy(carrier, operation_id, what, wanted=True)

    async def restore(
        self, carrier: str, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        """Puts back a policy that `revoke` took away. A revoked token cannot return: Conflict."""
        parsed = self._parsed(carrier)
        what = f"restoring policy {safe(parsed.policy, 80)}"
        if parsed.holder.kind is CarrierKind.TOKEN:
            raise Conflict(
                self._client.source,
                what,
                "It was carried by a token, and a revoked token cannot be put back.",
                "Let its owner make a new one.",
            )
        names = (await self._server.policies()).by_name
        if parsed.policy not in names:
            raise Conflict(
                self._client.source,
                what,
                f"The policy {safe(parsed.policy, 80)} is not there any more.",
                "Write it again first, then plan again.",
            )
        return await self._set_policy(parsed, operation_id, what, wanted=True)

    async def revoke(self, carrier: str, operation_id: str) -> Receipt:
        """Takes the policy off its holder; for a token, ends the token."""
        parsed = self._parsed(carrier)
        if parsed.holder.kind is CarrierKind.TOKEN:
            return await self.end_session(parsed.holder.parts[0], operation_id)
        what = f"revoking policy {safe(parsed.policy, 80)}"
        if await self._is_own(parsed.holder):
            raise self._refusal(what, _OWN_ACCOUNT)
        try:
            return await self._set_policy(parsed, operation_id, what, wanted=False)
        except Gone:
            return Receipt(Outcome.ALREADY_SO, note="what carried the policy is gone")

    async def _is_own(self, holder: Holder) -> bool:
        """Whether the holder is keyturn's own entity, or a login by which it is reached."""
        own_id = (await self._own()).entity_id
        if not own_id:
            return False
        if holder == Holder(CarrierKind.ENTITY, (own_id,)):
            return True
        if holder.kind is not CarrierKind.USERPASS:
            return False
        entity = await self._server.entity(own_id)
        return entity is not None and any(
            (alias.mount_path, alias.name) == (f"auth/{holder.parts[0]}/", holder.parts[1])
            for alias in entity.aliases
        )

    async def _set_disabled(self, account_id: str, operation_id: str, *, disabled: bool) -> Receipt:
        what = f"{'suspending' if disabled else 'reactivating'} {safe(account_id, 80)}"
        entity = await self._server.entity(account_id)
        if entity is None:
            raise self._gone(what, "There is no such account.")
        if entity.disabled is disabled:
            return Receipt(Outcome.ALREADY_SO)
        note = await self._header.prepare()
        request_id, _ = await self._client.write(
            f"identity/entity/id/{part(account_id)}", {"disabled": disabled}, what, operation_id
        )
        return Receipt(Outcome.APPLIED, _ids(request_id), note)

    async def _change_members(
        self, group_id: str, account_id: str, operation_id: str, what: str, *, wanted: bool
    ) -> Receipt:
        note = await self._header.prepare()
        async with self._one_at_a_time:
            group = await self._server.group(group_id)
            if group is None:
                if not wanted:
                    return Receipt(Outcome.ALREADY_SO, note="the group is gone")
                raise self._gone(what, "There is no such group.")
            if (account_id in group.member_entity_ids) is wanted:
                return Receipt(Outcome.ALREADY_SO)
            if group.type == "external":
                raise self._refusal(
                    what,
                    f"{safe(group.name, 80)} is an external group: the identity provider decides"
                    " at each login who is in it.",
                    "Change the group in the identity provider; end the sessions to make it count"
                    " at once.",
                )
            members = _changed(group.member_entity_ids, account_id, wanted=wanted)
            request_id, _ = await self._client.write(
                f"identity/group/id/{part(group_id)}",
                {"member_entity_ids": members},
                what,
                operation_id,
            )
        return Receipt(Outcome.APPLIED, _ids(request_id), note)

    async def _set_policy(
        self, carrier: Carrier, operation_id: str, what: str, *, wanted: bool
    ) -> Receipt:
        note = await self._header.prepare()
        async with self._one_at_a_time:
            held = await self._holders.read(carrier.holder)
            if held is None:
                raise self._gone(what, "What it hangs on does not exist.")
            if carrier.policy in held.implied:
                if wanted:
                    return Receipt(Outcome.ALREADY_SO)
                raise self._refusal(
                    what, "Every login carries the default policy unless its settings forbid it."
                )
            if (carrier.policy in held.policies) is wanted:
                return Receipt(Outcome.ALREADY_SO)
            policies = _changed(held.policies, carrier.policy, wanted=wanted)
            request_id, _ = await self._client.write(
                held.path, {**held.rest, held.list_name: policies}, what, operation_id
            )
        return Receipt(Outcome.APPLIED, _ids(request_id), note)

    def _parsed(self, carrier: str) -> Carrier:
        try:
            return parse_carrier(carrier)
        except ValueError:
            pass
        raise Conflict(
            self._client.source,
            "reading a carrier",
            f"{safe(carrier, 120)} does not name an edge of this kind of source.",
            "Refresh and plan again.",
        )

    def _refusal(self, what: str, why: str, next_step: str = "Choose another way.") -> NotAllowed:
        return NotAllowed(self._client.source, what, why, next_step)

    def _gone(self, what: str, why: str) -> ProviderError:
        return Gone(self._client.source, what, why, "Refresh and plan again.")


def _changed(names: Sequence[str], name: str, *, wanted: bool) -> list[str]:
    kept = [one for one in dict.fromkeys(names) if one != name]
    return [*kept, name] if wanted else kept


def _ids(request_id: str) -> tuple[str, ...]:
    return (request_id,) if request_id else ()
