"""Where the operator was, kept in one small file. Never marks, never a confirmation."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

VERSION = 1
NAME = "dashboard.json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is restored at the next start. `finds` are the filters by pane."""

    screen: str = "access"
    pane: str = "users"
    drift_only: bool = False
    person: str = ""
    light: bool = False
    finds: dict[str, str] = field(default_factory=dict)


def recall(data: Path) -> Remembered:
    """The remembered state. Nothing, or nothing readable, gives the defaults."""
    try:
        found = json.loads((data / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Remembered()
    if not isinstance(found, dict) or found.get("version") != VERSION:
        return Remembered()
    finds = found.get("finds")
    return Remembered(
        screen=_text(found, "screen", "access"),
        pane=_text(found, "pane", "users"),
        drift_only=found.get("drift_only") is True,
        person=_text(found, "person", ""),
        light=found.get("light") is True,
        finds={
            key: value
            for key, value in (finds.items() if isinstance(finds, dict) else ())
            if isinstance(key, str) and isinstance(value, str)
        },
    )


def _text(found: dict[str, object], key: str, otherwise: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else otherwise


def remember(data: Path, state: Remembered) -> None:
    """Writes the state whole or not at all. Raises OSError where it cannot be written."""
    target = data / NAME
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"version": VERSION, **asdict(state)}, file, ensure_ascii=False)
    draft.replace(target)
