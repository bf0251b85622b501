"""What `op` is asked, and its answers as payloads. Nothing is remembered here."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from keyturn_providers.errors import BadAnswer
from keyturn_providers.onepassword.op.classify import Trouble
from keyturn_providers.onepassword.op.client import OpClient, Reply
from keyturn_providers.onepassword.op.failures import odd_answer
from keyturn_providers.onepassword.op.payloads import (
    AccountInfo,
    ConnectServer,
    ConnectToken,
    Group,
    Item,
    User,
    Vault,
    Whoami,
    documents,
    shaped,
)
from keyturn_providers.records import PrincipalKind, Unreadable
from keyturn_providers.text import safe

P = TypeVar("P", User, Group, Vault, Item, ConnectServer, ConnectToken)
M = TypeVar("M", bound=BaseModel)
_ID = re.compile(r"[A-Za-z0-9]{26}")
_GONE = frozenset({Trouble.NOT_FOUND})
_NOT_TO_BE_SEEN = frozenset({Trouble.NOT_FOUND, Trouble.FORBIDDEN})
_NO_DETAILS = frozenset({Trouble.NOT_FOUND, Trouble.FORBIDDEN, Trouble.REFUSED, Trouble.BAD_CALL})


def is_id(text: str) -> bool:
    """Whether `text` has the form of 1Password's ids. `op` takes names and addresses in the same
    place, and some other object may be called what an id was meant to be."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Listed(Generic[P]):
    """The objects of one answer, and those of it that could not be understood."""

    items: tuple[P, ...]
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def ids(self) -> frozenset[str | None]:
        """Of all of them; None among them for one without an id."""
        return frozenset(one.id for one in self.items) | {one.id for one in self.unreadable}


class Queries:
    """Reads of one account, each one call of `op`. Raises `ProviderError` only."""

    def __init__(self, client: OpClient) -> None:
        self._client = client

    @property
    def source(self) -> str:
        return self._client.source

    async def version(self) -> str:
        what = "asking op for its version"
        reply = await self._client.read("--version", what=what, plain=True)
        return safe(reply.stdout.decode("utf-8", "replace").strip().strip('"'), 40)

    async def account(self) -> AccountInfo:
        what = "asking which account this is"
        return self._one(AccountInfo, await self._client.read("account", "get", what=what), what)

    async def whoami(self) -> Whoami:
        what = "asking who is signed in"
        return self._one(Whoami, await self._client.read("whoami", what=what), what)

    async def users(self) -> Listed[User]:
        """Everybody, without when they were last seen."""
        return await self._all(User, "user", "list", what="listing people")

    async def user_details(self, ids: Sequence[str]) -> Listed[User]:
        """The same people in one call, with times. Who is gone meanwhile is missing."""
        return await self._details(User, "user", ids, _GONE, "reading the details of people")

    async def user(self, account_id: str) -> User | None:
        """One person by id; None where `op` knows none."""
        what = f"reading the person {safe(account_id, 60)}"
        reply = await self._client.read("user", "get", account_id, what=what, returned=_GONE)
        if reply.trouble is not None:
            return None
        user = self._one(User, reply, what)
        if user.id != account_id:
            raise self._another(what, user.id)
        return user

    async def groups(self) -> Listed[Group]:
        """All groups, without their types."""
        return await self._all(Group, "group", "list", what="listing groups")

    async def groups_of(self, member_id: str) -> Listed[Group] | None:
        """The groups a person is in; None where there is no such person."""
        what = f"listing the groups of {safe(member_id, 60)}"
        return await self._unless_gone(Group, "group", "list", "--user", member_id, what=what)

    async def group_details(self, ids: Sequence[str]) -> Listed[Group]:
        """With their types, as far as `op` tells them to this session."""
        return await self._details(Group, "group", ids, _NO_DETAILS, "reading what groups are")

    async def members(self, group_id: str) -> Listed[User] | None:
        """The exact members with their roles; None where `op` knows no such group."""
        what = f"listing the members of group {safe(group_id, 60)}"
        return await self._unless_gone(User, "group", "user", "list", group_id, what=what)

    async def vaults(self, permission: str = "") -> Listed[Vault]:
        """The vaults the session can read, or on which it has `permission`. Those an Owner may
        manage are all there are but other people's own."""
        flags = ("--permission", permission) if permission else ()
        return await self._all(Vault, "vault", "list", *flags, what="listing vaults")

    async def vaults_of(self, kind: PrincipalKind, principal_id: str) -> Listed[Vault] | None:
        """The vaults a person or group reaches, directly or not: where to look, no more."""
        word = "--group" if kind is PrincipalKind.GROUP else "--user"
        what = f"listing the vaults of {safe(principal_id, 60)}"
        return await self._unless_gone(Vault, "vault", "list", word, principal_id, what=what)

    async def vault_details(self, ids: Sequence[str]) -> Listed[Vault]:
        """With their types, as far as `op` tells them to this session."""
        return await self._details(Vault, "vault", ids, _NO_DETAILS, "reading what vaults are")

    async def vault_users(self, vault_id: str) -> Listed[User] | None:
        """Who has direct access; None where `op` knows no such vault in this session."""
        what = f"listing who may open vault {safe(vault_id, 60)}"
        return await self._unless_gone(User, "vault", "user", "list", vault_id, what=what)

    async def vault_groups(self, vault_id: str) -> Listed[Group] | None:
        what = f"listing which groups may open vault {safe(vault_id, 60)}"
        return await self._unless_gone(Group, "vault", "group", "list", vault_id, what=what)

    async def items(self, vault_id: str) -> Listed[Item] | None:
        """What is in a vault, from outside; None where `op` knows no such vault in this session, or
        may not look into it."""
        what = f"listing the items of vault {safe(vault_id, 60)}"
        words = ("item", "list", "--vault", vault_id)
        reply = await self._client.read(*words, what=what, returned=_NOT_TO_BE_SEEN)
        return None if reply.trouble is not None else self._listed(Item, reply, what)

    async def connect_servers(self) -> Listed[ConnectServer]:
        what = "listing Connect servers"
        return await self._all(ConnectServer, "connect", "server", "list", what=what)

    async def connect_tokens(self) -> Listed[ConnectToken]:
        """Those that are not revoked."""
        what = "listing Connect tokens"
        found = await self._all(ConnectToken, "connect", "token", "list", what=what)
        live = tuple(one for one in found.items if one.state.upper() != "REVOKED")
        return Listed(live, found.unreadable)

    async def _all(self, model: type[P], *words: str, what: str) -> Listed[P]:
        return self._listed(model, await self._client.read(*words, what=what), what)

    async def _unless_gone(self, model: type[P], *words: str, what: str) -> Listed[P] | None:
        reply = await self._client.read(*words, what=what, returned=_GONE)
        return None if reply.trouble is not None else self._listed(model, reply, what)

    async def _details(
        self, model: type[P], noun: str, ids: Sequence[str], returned: frozenset[Trouble], what: str
    ) -> Listed[P]:
        if not ids:
            return Listed(())
        asked = json.dumps([{"id": its_id} for its_id in ids]).encode("ascii")
        reply = await self._client.read(
            noun, "get", "-", what=what, stdin=asked, objects=len(ids), returned=returned
        )
        found = self._listed(model, reply, what)
        wanted = set(ids)
        return Listed(tuple(one for one in found.items if one.id in wanted), found.unreadable)

    def _listed(self, model: type[P], reply: Reply, what: str) -> Listed[P]:
        items: dict[str, P] = {}
        odd: list[Unreadable] = []
        problem = ""
        try:
            for document in documents(reply.stdout):
                one = shaped(model, document)
                if isinstance(one, Unreadable):
                    odd.append(one)
                else:
                    items[one.id] = one
        except ValueError as error:
            problem = f"It is no JSON ({safe(str(error), 120)})."
        # A call that broke off may have been cut in the middle of an object; what came is good.
        if problem and reply.trouble is None:
            raise odd_answer(self.source, what, problem, writes=False)
        return Listed(tuple(items.values()), tuple(odd))

    def _one(self, model: type[M], reply: Reply, what: str) -> M:
        problem = ""
        try:
            found = list(documents(reply.stdout))
            if len(found) == 1:
                return model.model_validate(found[0])
            problem = f"It answered with {len(found)} objects instead of one."
        except ValidationError as error:
            fields = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
            problem = f"Its answer is not understood ({safe(', '.join(fields), 80) or 'form'})."
        except ValueError as error:
            problem = f"Its answer is no JSON ({safe(str(error), 120)})."
        raise odd_answer(self.source, what, problem, writes=False)

    def _another(self, what: str, came: str) -> BadAnswer:
        return BadAnswer(
            self.source,
            what,
            f"op answered with another object ({safe(came, 60)}).",
            "Nothing was taken from this answer; refresh and look at it in 1Password.",
        )
