"""The reads a refresh consists of: LIST, then one GET per id, with the proof that none is missing.

An id that is gone between LIST and GET is looked for in a second LIST: if it is not there either it
has truly gone and the second list counts. Anything else raises, so that no proof is given.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from keyturn_providers.errors import BadAnswer, Conflict, NotAllowed
from keyturn_providers.fan_out import in_order
from keyturn_providers.openbao import translate
from keyturn_providers.openbao.client import BaoClient, part
from keyturn_providers.openbao.payloads import (
    Entity,
    IdentityGroup,
    LoginPayload,
    MountPayload,
    Payload,
    PolicyPayload,
    TokenPayload,
    read,
)
from keyturn_providers.openbao.policy import ROOT_POLICY, Policy, read_policy
from keyturn_providers.openbao.state import (
    ROLE_METHODS,
    USER_METHODS,
    AuthMount,
    Entities,
    Groups,
    KvMount,
    Login,
    Logins,
    Mounts,
    Policies,
    Tokens,
)
from keyturn_providers.records import Unreadable
from keyturn_providers.text import safe, safe_id

R = TypeVar("R")
P = TypeVar("P", bound=Payload)
_MANY_POLICIES = 25


@dataclass(frozen=True, slots=True)
class _Collected:
    """What LIST and GET gave: each id with its data, and the proof."""

    items: tuple[tuple[str, dict[str, object]], ...]
    proof: str


class ServerRead:
    """Live reads of one server; nothing is remembered."""

    def __init__(self, client: BaoClient, width: int) -> None:
        self._client = client
        self._width = width

    async def mounts(self) -> Mounts:
        """All KV mounts. Raises NotAllowed where `sys/mounts` may not be read."""
        data = await self._table("sys/mounts", "reading the mounts")
        found: list[KvMount] = []
        odd: list[Unreadable] = []
        for path, content in data.items():
            try:
                mount = translate.kv_mount(path, read(MountPayload, content))
            except ValueError as problem:
                odd.append(Unreadable(None, f"mount {safe(path, 80)}: {safe(str(problem))}"))
            else:
                if mount is not None:
                    found.append(mount)
        proof = f"sys/mounts gave {len(data)} mounts in one answer, {len(found)} of them KV"
        return Mounts(tuple(found), tuple(odd), proof)

    async def auth_mounts(self) -> tuple[AuthMount, ...]:
        what = "reading the auth methods"
        data = await self._table("sys/auth", what)
        return tuple(
            translate.auth_mount(path, self.shaped(MountPayload, content, what))
            for path, content in data.items()
        )

    async def policies(self) -> Policies:
        """Every ACL policy: one request on OpenBao, one per policy on Vault."""
        what = "reading the policies"
        try:
            data = await self._client.listed("sys/policies/detailed/acl", what)
        except NotAllowed:
            data = None  # the older way needs other rights, which the token may have
        infos = data.get("key_info") if data is not None else None
        if isinstance(infos, dict) and data is not None:
            keys = data.get("keys")
            names = [str(key) for key in keys] if isinstance(keys, list) else list(infos)
            texts = {name: infos.get(name) for name in names}
            if None in texts.values():
                raise self._bad(what, "A policy is in the list and its text is not.")
            proof = f"one LIST gave {len(names)} policies with their texts"
        else:
            collected = await self._collect("sys/policies/acl", what)
            texts = dict(collected.items)
            proof = collected.proof
        return Policies({n: self._policy(n, content) for n, content in texts.items()}, proof)

    async def policies_named(self, names: Iterable[str]) -> dict[str, Policy]:
        """Those of the named policies that exist, one request each; all at once where they are
        many."""
        wanted = sorted({*names} - {ROOT_POLICY})
        found = {ROOT_POLICY: Policy(ROOT_POLICY, ())}
        if len(wanted) > _MANY_POLICIES:
            return {**(await self.policies()).by_name, **found}

        async def one(name: str) -> dict[str, object] | None:
            return await self._client.get(f"sys/policies/acl/{part(name)}", "reading a policy")

        try:
            answers = await in_order(wanted, one, self._width)
        except NotAllowed:
            return {**(await self.policies()).by_name, **found}
        for name, content in zip(wanted, answers, strict=True):
            if content is not None:
                found[name] = self._policy(name, content)
        return found

    async def entities(self) -> Entities:
        collected = await self._collect("identity/entity/id", "listing entities")
        found, odd = _readable(collected, _entity_of)
        return Entities(found, odd, collected.proof)

    async def groups(self) -> Groups:
        collected = await self._collect("identity/group/id", "listing groups")
        found, odd = _readable(collected, _group_of)
        return Groups(found, odd, collected.proof)

    async def logins(self, blind: frozenset[str]) -> Logins:
        """Users and roles of all auth mounts of known types. A mount in `blind` (told beforehand)
        that refuses is left out and named; any other refusal raises."""
        found: list[Login] = []
        odd: list[Unreadable] = []
        unseen: list[str] = []
        proofs: list[str] = []
        for mount in await self.auth_mounts():
            below = USER_METHODS.get(mount.type) or ROLE_METHODS.get(mount.type)
            if below is None:
                continue
            path = f"auth/{_mount_path(mount.path)}/{below}"
            try:
                collected = await self._collect(path, f"listing auth/{mount.path}")
            except NotAllowed:
                if mount.path not in blind:
                    raise
                unseen.append(mount.path)
                continue
            here, odd_here = _readable(collected, _login_of(mount), f"auth/{mount.path}/")
            found.extend(here)
            odd.extend(odd_here)
            proofs.append(f"auth/{mount.path}: {collected.proof}")
        return Logins(tuple(found), tuple(odd), "; ".join(proofs), tuple(unseen))

    async def login(self, mount: AuthMount, name: str) -> tuple[Login, dict[str, object]] | None:
        """One user or role with its data as the server gave it; None if it does not exist."""
        what = f"reading {name} of auth/{mount.path}"
        data = await self._client.get(login_path(mount, name), what)
        if data is None:
            return None
        return translate.login(mount, name, self.shaped(LoginPayload, data, what)), data

    async def entity(self, entity_id: str) -> Entity | None:
        what = f"reading entity {entity_id}"
        data = await self._client.get(f"identity/entity/id/{part(entity_id)}", what)
        if data is None:
            return None
        found = self.shaped(Entity, data, what)
        if found.id != entity_id:
            raise self._bad(what, "The answer is about another id.")
        return found

    async def group(self, group_id: str) -> IdentityGroup | None:
        what = f"reading group {group_id}"
        data = await self._client.get(f"identity/group/id/{part(group_id)}", what)
        if data is None:
            return None
        found = self.shaped(IdentityGroup, data, what)
        if found.id != group_id:
            raise self._bad(what, "The answer is about another id.")
        return found

    async def token(self, accessor: str) -> TokenPayload | None:
        """A token by its accessor; None if there is none (any more)."""
        what = "looking up a token by its accessor"
        status, data, said = await self._client.ask(
            "auth/token/lookup-accessor", {"accessor": accessor}, what
        )
        if status == 200:
            token = self.shaped(TokenPayload, data, what)
            if token.accessor != accessor:
                raise self._bad(what, "The answer is about another token.")
            return token
        if "invalid accessor" in said:
            return None
        if status == 403:
            raise NotAllowed(
                self._client.source,
                what,
                f'It answered 403 ("{safe(said, 120)}").',
                "Give keyturn's token update on auth/token/lookup-accessor.",
            )
        raise self._bad(what, f"It answered {status}.")

    async def tokens(self, *, blind: bool) -> Tokens:
        """All tokens that have an accessor. One that ends between LIST and look-up is left out:
        tokens end all the time. With `blind` (told beforehand) a refusal gives `unseen`."""
        try:
            accessors = await self._client.keys("auth/token/accessors", "listing the tokens")
            answers = await in_order(accessors, self._token_or_odd, self._width)
        except NotAllowed:
            if not blind:
                raise
            return Tokens((), unseen=True)
        found = tuple(x for x in answers if isinstance(x, TokenPayload))
        odd = tuple(x for x in answers if isinstance(x, Unreadable))
        ended = len(accessors) - len(found) - len(odd)
        proof = f"LIST gave {len(accessors)} accessors, all looked up"
        return Tokens(found, odd, f"{proof}, {ended} had ended meanwhile" if ended else proof)

    async def _token_or_odd(self, accessor: str) -> TokenPayload | Unreadable | None:
        try:
            safe_id(accessor)
            token = await self.token(accessor)
        except (BadAnswer, ValueError) as problem:
            return Unreadable(None, f"a token: {safe(str(problem))}")
        return token

    async def _collect(self, path: str, what: str) -> _Collected:
        keys = await self._client.keys(path, what)
        have = await self._get_all(path, keys, what)
        missing = [key for key, data in have.items() if data is None]
        if not missing:
            return _Collected(_present(keys, have), f"LIST gave {len(keys)} ids, all were read")
        again = await self._client.keys(path, what)
        # Read once more what the second list names and the first did not give.
        have |= await self._get_all(path, [key for key in again if have.get(key) is None], what)
        if any(have[key] is None for key in again):
            raise Conflict(
                self._client.source,
                what,
                "An id is in the list and cannot be read, twice in a row.",
                "Nothing was concluded from this listing; refresh again.",
            )
        gone = len(set(missing) - set(again))
        return _Collected(
            _present(again, have),
            f"LIST gave {len(again)} ids, all were read; {gone} of the first LIST had gone and were"
            " not in the second",
        )

    async def _get_all(
        self, path: str, keys: Sequence[str], what: str
    ) -> dict[str, dict[str, object] | None]:
        async def get(key: str) -> dict[str, object] | None:
            return await self._client.get(f"{path}/{part(key)}", what)

        return dict(zip(keys, await in_order(keys, get, self._width), strict=True))

    async def _table(self, path: str, what: str) -> dict[str, object]:
        data = await self._client.get(path, what)
        if data is None:
            raise self._bad(what, f"{path} is not there.")
        return data

    def _policy(self, name: str, content: object) -> Policy:
        try:
            return read_policy(name, read(PolicyPayload, content).text)
        except ValueError as problem:
            return Policy(name, None, str(problem))

    def shaped(self, model: type[P], data: object, what: str) -> P:
        """`data` as `model`; raises `BadAnswer` where it does not have that shape."""
        try:
            return read(model, data)
        except ValueError as problem:
            why = str(problem)
        raise self._bad(what, f"The answer {why}.")

    def _bad(self, what: str, why: str) -> BadAnswer:
        return BadAnswer(
            self._client.source,
            what,
            why,
            "Check that the url leads to an OpenBao or Vault server; nothing was concluded.",
        )


def _entity_of(key: str, data: dict[str, object]) -> Entity:
    entity = read(Entity, data)
    if entity.id != key:
        raise ValueError("was answered with another id")
    return entity


def _group_of(key: str, data: dict[str, object]) -> IdentityGroup:
    group = read(IdentityGroup, data)
    if group.id != key:
        raise ValueError("was answered with another id")
    return group


def _login_of(mount: AuthMount) -> Callable[[str, dict[str, object]], Login]:
    return lambda name, data: translate.login(mount, name, read(LoginPayload, data))


def _present(
    keys: Sequence[str], have: dict[str, dict[str, object] | None]
) -> tuple[tuple[str, dict[str, object]], ...]:
    return tuple((key, data) for key in keys if (data := have[key]) is not None)


def _readable(
    collected: _Collected,
    make: Callable[[str, dict[str, object]], R],
    before: str = "",
) -> tuple[tuple[R, ...], tuple[Unreadable, ...]]:
    """The items that can be understood, and the others by their id."""
    found: list[R] = []
    odd: list[Unreadable] = []
    for key, data in collected.items:
        try:
            known = safe_id(key)
        except ValueError as problem:
            odd.append(Unreadable(None, str(problem)))
            continue
        try:
            found.append(make(key, data))
        except ValueError as problem:
            odd.append(Unreadable(known, safe(f"{before}{key} {problem}")))
    return tuple(found), tuple(odd)


def login_path(mount: AuthMount, name: str) -> str:
    """Where a user or role is read and written."""
    below = USER_METHODS.get(mount.type) or ROLE_METHODS[mount.type]
    return f"auth/{_mount_path(mount.path)}/{below}/{part(name)}"


def _mount_path(path: str) -> str:
    return "/".join(part(segment) for segment in path.split("/"))
