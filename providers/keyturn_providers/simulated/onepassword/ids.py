"""1Password's identifiers: 26 characters of base32, capital for people and accounts."""

import os
from base64 import b32encode


def new_id(*, capital: bool = False) -> str:
    """A new random identifier."""
    text = b32encode(os.urandom(17)).decode("ascii")[:26]
    return text if capital else text.lower()


def looks_like_id(text: str) -> bool:
    """Whether this is a well-formed identifier, which `op` then asks the server for."""
    return len(text) == 26 and text.isalnum() and (text.isupper() or text.islower())
