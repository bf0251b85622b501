"""Puts the demo's tokens where keyturn.yaml's `token_env` look for them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import SecretStr


@contextmanager
def in_environment(variables: Mapping[str, SecretStr]) -> Iterator[None]:
    """Within the block the variables are in `os.environ`, and gone after it."""
    for name, value in variables.items():
        os.environ[name] = value.get_secret_value()
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
