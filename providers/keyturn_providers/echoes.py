"""Takes a credential out of what a server wrote: some repeat in an error what they were sent."""

import base64
from collections.abc import Iterable
from contextlib import suppress

from pydantic import SecretStr

REMOVED = "(removed)"


def without(secrets: Iterable[SecretStr], written: bytes) -> bytes:
    """`written` without any of the `secrets`. They are what headers carry: of one that begins with
    a scheme what follows it, and of one that is a pair in base64 (Basic) also the pair itself and
    its second half."""
    for secret in secrets:
        token = secret.get_secret_value().rpartition(" ")[2].encode()
        for sent in (token, *_pair(token)):
            if sent:
                written = written.replace(sent, REMOVED.encode())
    return written


def headers_without(
    secrets: Iterable[SecretStr], headers: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """The headers of an answer, their names in lower case, without any of the `secrets`."""
    known = tuple(secrets)
    return {
        name.lower(): without(known, value.encode("utf-8", "replace")).decode()
        for name, value in headers
    }


def _pair(token: bytes) -> tuple[bytes, ...]:
    with suppress(ValueError):
        pair = base64.b64decode(token, validate=True)
        _, colon, second = pair.partition(b":")
        # By chance a token may be base64 of something: a short half would then be no secret.
        return (pair, second) if colon and len(second) > 7 else ()
    return ()
