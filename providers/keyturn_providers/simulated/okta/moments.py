"""Okta's spelling of moments and ids."""

import hashlib
import secrets
import string
from datetime import UTC, datetime

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def moment(seconds: float) -> str:
    """Epoch seconds as Okta writes them: UTC with milliseconds. Sorts as text."""
    return of_datetime(datetime.fromtimestamp(seconds, UTC))


def of_datetime(when: datetime) -> str:
    """The same for a datetime with a zone."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def normal(text: str) -> str:
    """A moment somebody else wrote, in Okta's spelling. Raises `ValueError` if it is none."""
    when = datetime.fromisoformat(text)
    return of_datetime(when if when.tzinfo else when.replace(tzinfo=UTC))


def new_id(prefix: str) -> str:
    """A random id of Okta's form."""
    return prefix + _digits(secrets.randbits(128), 20 - len(prefix))


def derived_id(prefix: str, name: str) -> str:
    """The id that this name has in every seeded tenant."""
    number = int.from_bytes(hashlib.sha256(f"{prefix}/{name}".encode()).digest())
    return prefix + _digits(number, 20 - len(prefix))


def _digits(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits += _DIGITS[digit]
    return digits


def fingerprint(secret: str) -> str:
    """What is kept of a token: enough to recognise it, not to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()
