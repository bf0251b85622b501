"""Carriers: the one edge that a revocation removes, as text that survives any name.

`entity/ID/policy/NAME`, `group/ID/policy/NAME`, `userpass/MOUNT/USER/policy/NAME`,
`role/MOUNT/ROLE/policy/NAME`, `token/ACCESSOR/policy/NAME`. MOUNT is the auth mount's path without
`auth/` and without a trailing slash. Every part is percent-encoded, for policy and mount names
may hold slashes.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote


class CarrierKind(StrEnum):
    ENTITY = "entity"
    GROUP = "group"
    USERPASS = "userpass"
    ROLE = "role"
    TOKEN = "token"  # noqa: S105  a kind of carrier, no credential


_PARTS = {
    CarrierKind.ENTITY: 1,
    CarrierKind.GROUP: 1,
    CarrierKind.USERPASS: 2,
    CarrierKind.ROLE: 2,
    CarrierKind.TOKEN: 1,
}


@dataclass(frozen=True, slots=True)
class Holder:
    """What a policy hangs on: an entity, a group, a userpass login, a role, or a token.

    `parts` is (id,), (mount, name) or (accessor,), unquoted.
    """

    kind: CarrierKind
    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """As used in carriers, and as the id of a machine identity that is such a thing."""
        return "/".join([self.kind.value, *(_quoted(part) for part in self.parts)])


@dataclass(frozen=True, slots=True)
class Carrier:
    """Policy `policy` on `holder`."""

    holder: Holder
    policy: str

    @property
    def text(self) -> str:
        return f"{self.holder.text}/policy/{_quoted(self.policy)}"


def parse_holder(text: str) -> Holder:
    """The holder that `Holder.text` gave. Raises ValueError for anything else."""
    kind_text, *parts = text.split("/")
    try:
        kind = CarrierKind(kind_text)
    except ValueError:
        raise ValueError(f"{text!r} does not begin with a known kind") from None
    if len(parts) != _PARTS[kind] or not all(parts):
        raise ValueError(f"{text!r} has {len(parts)} parts after {kind.value!r}")
    return Holder(kind, tuple(_unquoted(part) for part in parts))


def parse_carrier(text: str) -> Carrier:
    """The carrier that `Carrier.text` gave. Raises ValueError for anything else."""
    before, separator, name = text.rpartition("/policy/")
    if not separator or not name or "/" in name:
        raise ValueError(f"{text!r} names no policy")
    return Carrier(parse_holder(before), _unquoted(name))


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _unquoted(text: str) -> str:
    return unquote(text, errors="surrogatepass")
