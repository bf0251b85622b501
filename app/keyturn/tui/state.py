"""Where the operator was, and what they keep, in one small file. Never marks or confirmations."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from keyturn.tui.widgets.list_look import ListLook

VERSION = 1
NAME = "dashboard.json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is restored at the next start. `finds` are the filters by list, `looks` how each list is
    sorted and which columns it has, `saved` the filters kept under a name. `toured` is whether the
    first tour was shown."""

    screen: str = "access"
    pane: str = "users"
    drift_only: bool = False
    person: str = ""
    light: bool = False
    finds: dict[str, str] = field(default_factory=dict)
    looks: dict[str, str] = field(default_factory=dict)
    saved: dict[str, dict[str, str]] = field(default_factory=dict)
    toured: bool = False

    def look(self, place: str) -> ListLook:
        """How a list is sorted, and which columns it has."""
        return ListLook.from_text(self.looks.get(place, ""))

    def with_list(self, place: str, needle: str, look: ListLook) -> "Remembered":
        """With a list filtered and looked at so."""
        return replace(
            self, finds={**self.finds, place: needle}, looks={**self.looks, place: look.to_text()}
        )

    def with_saved(self, place: str, name: str, needle: str) -> "Remembered":
        """With a filter kept under a name, or with no filter, forgotten."""
        kept = {**self.saved.get(place, {}), name: needle}
        return replace(
            self, saved={**self.saved, place: {k: v for k, v in kept.items() if v.strip()}}
        )


def recall(data: Path) -> Remembered:
    """The remembered state. Nothing, or nothing readable, gives the defaults."""
    try:
        found = json.loads((data / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Remembered()
    if not isinstance(found, dict) or found.get("version") != VERSION:
        return Remembered()
    saved = found.get("saved")
    return Remembered(
        screen=_text(found, "screen", "access"),
        pane=_text(found, "pane", "users"),
        drift_only=found.get("drift_only") is True,
        person=_text(found, "person", ""),
        light=found.get("light") is True,
        finds=_texts(found.get("finds")),
        looks=_texts(found.get("looks")),
        saved={
            key: _texts(value) for key, value in (saved.items() if isinstance(saved, dict) else ())
        },
        toured=found.get("toured") is True,
    )


def _texts(found: object) -> dict[str, str]:
    pairs: Mapping[object, object] = found if isinstance(found, dict) else {}
    return {
        key: value
        for key, value in pairs.items()
        if isinstance(key, str) and isinstance(value, str)
    }


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
