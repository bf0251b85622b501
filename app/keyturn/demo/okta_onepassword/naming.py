"""The ids and dates of everything in the demo: always the same for the same name.

Both tenants are filled by these, so that each knows the other's ids as real ones do.
"""

from base64 import b32encode
from functools import cache
from hashlib import sha256

DAY_MS = 86_400_000


def number(text: str, below: int) -> int:
    """A number from 0 that looks random and is always the same for the same text."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") % below


def account_id(login: str) -> str:
    """A person's id in 1Password; the address of an old one may differ."""
    return _base32(f"person {login}").upper()


def group_id(name: str) -> str:
    """A group's id in 1Password."""
    return _base32(f"group {name}")


def vault_id(name: str) -> str:
    """A vault's id in 1Password."""
    return _base32(f"vault {name}")


def item_id(vault: str, nth: int) -> str:
    """The id of a vault's nth item."""
    return _base32(f"item {vault} {nth}")


def other_id(text: str) -> str:
    """The id of anything else in 1Password."""
    return _base32(text)


def okta_id(prefix: str, text: str) -> str:
    """An id in Okta: twenty characters that begin with the kind's own three, such as 00u."""
    return prefix + _base32(f"okta {prefix} {text}")[:17]


def joined_days(login: str) -> int:
    """How many days ago somebody joined: a fortnight to four years."""
    return 14 + number(f"joined {login}", 1400)


def grants_since_days(vault: str) -> int:
    """How many days ago a vault was made."""
    return 200 + number(f"made {vault}", 1300)


@cache
def _base32(text: str) -> str:
    return b32encode(sha256(f"halcyon {text}".encode()).digest()).decode("ascii")[:26].lower()
