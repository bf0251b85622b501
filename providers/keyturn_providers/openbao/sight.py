"""What keyturn's token may see and do, asked of the server itself (`sys/capabilities-self`).

What it may not see is named beforehand, as a blind spot; a refusal that was not announced so is an
error, and the listing it belongs to is incomplete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)
from keyturn_providers.openbao.client import OPERATION_HEADER, BaoClient
from keyturn_providers.openbao.state import ROLE_METHODS, USER_METHODS, AuthMount
from keyturn_providers.text import safe

HEADER_PATH = f"sys/config/auditing/request-headers/{OPERATION_HEADER}"
_ANY = "x"
_WRITES = {
    "suspend and reactivate accounts, grant to and revoke from them": (
        f"identity/entity/id/{_ANY}",
        "update",
    ),
    "change groups": (f"identity/group/id/{_ANY}", "update"),
    "end sessions": ("auth/token/revoke-accessor", "update"),
}
_MUST_SEE = {
    "the mounts": ("sys/mounts", "read"),
    "the list of entities": ("identity/entity/id/", "list"),
    "each entity": (f"identity/entity/id/{_ANY}", "read"),
    "the list of groups": ("identity/group/id/", "list"),
    "each group": (f"identity/group/id/{_ANY}", "read"),
}
_NO_CARRIERS = frozenset({"token"})


@dataclass(frozen=True, slots=True)
class Sight:
    """`blind_mounts` are auth mounts (paths) whose logins may not be listed; `auth_methods` says
    whether the mounts themselves may be; `tokens` whether tokens may. `asked` is False where the
    server did not tell, and everything is then tried. `reads` and `writes` say the same, right by
    right."""

    asked: bool = True
    auth_methods: bool = True
    blind_mounts: frozenset[str] = frozenset()
    tokens: bool = True
    may_set_header: bool = True
    blind_spots: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reads: tuple[Check, ...] = ()
    writes: tuple[Check, ...] = ()


async def look(client: BaoClient, mounts: Sequence[AuthMount] | None) -> Sight:
    """Asks for everything in one request. `mounts` None: the auth methods may not be listed."""
    logins = {
        mount.path: f"auth/{mount.path}/{below}"
        for mount in mounts or ()
        if (below := USER_METHODS.get(mount.type) or ROLE_METHODS.get(mount.type))
    }
    paths = {
        *(path for path, _ in (*_WRITES.values(), *_MUST_SEE.values())),
        *(f"{path}/" for path in logins.values()),
        *(f"{path}/{_ANY}" for path in logins.values()),
        "auth/token/accessors/",
        "auth/token/lookup-accessor",
        "sys/policies/detailed/acl/",
        "sys/policies/acl/",
        f"sys/policies/acl/{_ANY}",
        HEADER_PATH,
    }
    status, data, said = await client.ask(
        "sys/capabilities-self", {"paths": sorted(paths)}, "asking what the token may do"
    )
    if status != 200:
        return Sight(
            asked=False,
            auth_methods=mounts is not None,
            blind_spots=_unread_methods(mounts),
            notes=(f"the server does not tell what the token may do ({safe(said, 80)})",),
            reads=(
                Check(
                    Topic.SCOPE,
                    Condition.UNKNOWN,
                    "rights of the token",
                    f"The server does not tell what the token may do ({safe(said, 80)}).",
                ),
            ),
        )
    return _sight(data, logins, mounts)


def _sight(
    told: Mapping[str, object], logins: Mapping[str, str], mounts: Sequence[AuthMount] | None
) -> Sight:
    def may(path: str, *capabilities: str) -> bool:
        words = told.get(path)
        held = set(words) if isinstance(words, list) else set()
        return "root" in held or held >= set(capabilities)

    blind = frozenset(
        path
        for path, below in logins.items()
        if not (may(f"{below}/", "list") and may(f"{below}/{_ANY}", "read"))
    )
    # OpenBao and Vault let only a token with sudo list accessors.
    tokens = may("auth/token/accessors/", "list", "sudo") and may(
        "auth/token/lookup-accessor", "update"
    )
    spots = [
        f"{words}: keyturn's token may not read {path}"
        for words, (path, capability) in _MUST_SEE.items()
        if not may(path, capability)
    ]
    spots += [f"logins by auth/{path}: keyturn's token may not list them" for path in sorted(blind)]
    if not tokens:
        spots.append("tokens and sessions: keyturn's token may not list auth/token/accessors")
    policies = may("sys/policies/detailed/acl/", "list") or (
        may("sys/policies/acl/", "list") and may(f"sys/policies/acl/{_ANY}", "read")
    )
    if not policies:
        spots.append("the policies: keyturn's token may not read sys/policies/acl")
    refused = [words for words, (path, capability) in _WRITES.items() if not may(path, capability)]
    reads = [
        _right(f"{capability} {path}", words, held=may(path, capability))
        for words, (path, capability) in _MUST_SEE.items()
    ]
    reads += [
        _right(f"list auth/{path}", f"logins by auth/{path}", held=path not in blind, needed=False)
        for path in sorted(logins)
    ]
    reads += [
        _right("list auth/token/accessors", "tokens and sessions", held=tokens, needed=False),
        _right("read sys/policies/acl", "what each policy allows", held=policies),
    ]
    if mounts is None:
        reads.append(_right("read sys/auth", "all logins", held=False))
    return Sight(
        auth_methods=mounts is not None,
        blind_mounts=blind,
        tokens=tokens,
        may_set_header=may(HEADER_PATH, "update", "sudo") or may(HEADER_PATH, "create", "sudo"),
        blind_spots=(*spots, *_unread_methods(mounts)),
        notes=tuple(f"this token may not {words}" for words in refused),
        reads=tuple(reads),
        writes=tuple(
            _right(f"{capability} {path}", words, held=words not in refused, needed=False)
            for words, (path, capability) in _WRITES.items()
        ),
    )


def _right(right: str, hides: str, *, held: bool, needed: bool = True) -> Check:
    """One right of the token; without one that is not `needed` much can still be told."""
    path = safe(right.removesuffix(f"/{_ANY}").rstrip("/"), 120)
    if held:
        return Check(Topic.SCOPE, Condition.WELL, path, "The token may.")
    condition = Condition.WRONG if needed else Condition.WATCH
    return Check(Topic.SCOPE, condition, path, "The token may not.", safe(hides, 200))


def _unread_methods(mounts: Sequence[AuthMount] | None) -> tuple[str, ...]:
    if mounts is None:
        return ("all logins: keyturn's token may not read sys/auth",)
    known = {*USER_METHODS, *ROLE_METHODS, *_NO_CARRIERS}
    return tuple(
        f"policies given by the auth method {safe(mount.path, 80)} ({safe(mount.type, 40)}), which"
        " keyturn does not read"
        for mount in mounts
        if mount.type not in known
    )
