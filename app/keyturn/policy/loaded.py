"""A policy that has been loaded and found valid, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keyturn.decide.rules import Rules

if TYPE_CHECKING:
    # document.py imports PyYAML, which who only wants these types does not pay for.
    from keyturn.policy.document import Places


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """How one source is reached; which kinds there are is the registry's to say.

    `name` is the kind, unless the file gives another. `settings` are the provider's own keys, every
    scalar as the text that was written; `validate_settings` turns them into the provider's model.
    `token_env` is the name of a variable, `token_command` a program with its arguments; both may be
    missing. `path` is `directory` or `secrets`, `line` where that section begins.
    """

    kind: str
    name: str
    settings: Mapping[str, object]
    token_env: str | None
    token_command: tuple[str, ...]
    line: int
    path: str


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """keyturn.yaml. `path` is the file as it was named, `digest` the SHA-256 of its bytes.

    `organisation` and `signing_key`, the path of a key, are "" where the file does not give one.
    `retention_days` is None where nothing may be purged; `silence_ms` is how long nothing may have
    been read. `text` is the file as it was read.
    """

    path: str
    rules: Rules
    directory: SourceConfig
    secrets: SourceConfig
    read_only: bool
    digest: str
    organisation: str
    signing_key: str
    places: "Places" = field(repr=False, compare=False)
    retention_days: int | None = None
    silence_ms: int = 24 * 60 * 60_000
    text: str = field(default="", repr=False, compare=False)
