"""What evidence needs of this installation: the key that signs it, and what must not be in it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from keyturn.policy.loaded import LoadedPolicy

_SHORTEST_TOKEN = 8


def signing_key(loaded: LoadedPolicy, config: Path) -> Path | None:
    """The key that the configuration names, a path from its own folder; None without one."""
    return config.parent / Path(loaded.signing_key).expanduser() if loaded.signing_key else None


def watched_tokens(loaded: LoadedPolicy) -> frozenset[str]:
    """The values of every environment variable that the configuration names for a token: none of
    them may be in evidence."""
    names: set[str] = set()
    for source in (loaded.directory, loaded.secrets):
        names |= {source.token_env} if source.token_env else set()
        names |= set(_variables(source.settings))
    values = {os.environ.get(name, "").strip() for name in names}
    return frozenset(value for value in values if len(value) >= _SHORTEST_TOKEN)


def _variables(settings: Mapping[str, object]) -> Iterator[str]:
    for key, value in settings.items():
        if key == "token_env" and isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _variables(value)
