"""A YAML text as plain values, with the place of every key and value.

Of YAML 1.2 what a policy needs: mappings, lists and scalars. A scalar is its text as written (so
`no` and `007` stay what they are) or None where there is nothing, `~` or `null`; what it means is
decided by where it stands. Anchors, aliases and tags are refused: a policy is read by people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

import yaml

from keyturn.policy.problems import Code, Problem, shown
from keyturn.policy.tokens import holds_token
from keyturn_providers.text import safe

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]

MAX_DEPTH = 20
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where each value and each key stands, by path."""

    values: Mapping[Path, Place] = field(default_factory=dict)
    keys: Mapping[Path, Place] = field(default_factory=dict)

    def value(self, path: Path) -> Place:
        """The place of the value at `path`, else of the nearest thing around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))

    def key(self, path: Path) -> Place:
        """The place of the key that leads to `path`, else of the value."""
        return self.keys.get(path) or self.value(path)


@dataclass(frozen=True, slots=True)
class Document:
    """What was read. `value` is None where there is nothing that could be used."""

    value: Value
    places: Places
    problems: tuple[Problem, ...]


def read_document(text: str) -> Document:
    """Reads the first YAML document of `text`. Never raises: what is wrong is in `problems`."""
    builder = _Builder(text)
    try:
        value = builder.read()
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_syntax(error))
        value = None
    except yaml.reader.ReaderError as error:
        builder.problems.append(_control_character(text, error))
        value = None
    return Document(value, Places(builder.values, builder.keys), tuple(builder.problems))


def show_path(path: Path) -> str:
    """`mappings[0].group.id`."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            plain = part.replace("_", "").replace("-", "").isalnum() and not holds_token(part)
            words += ("." if words else "") + (safe(part, 60) if plain else shown(part))
    return words


class _Mark(Protocol):
    """What PyYAML's two kinds of mark have in common; both count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class _Builder:
    def __init__(self, text: str) -> None:
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.problems: list[Problem] = []

    def read(self) -> Value:
        value: Value = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._problem(event, (), "Only one YAML document.", Code.SECOND_DOCUMENT)
                    break
                value = self._value(next(self.events), ())
        return value

    def _value(self, event: yaml.Event, path: Path) -> Value:
        self.values[path] = _place(event)
        if isinstance(event, yaml.AliasEvent):
            self._problem(
                event, path, "An alias (*name) is not supported: write it out.", Code.ALIAS
            )
            return None
        if getattr(event, "anchor", None) is not None:
            self._problem(
                event, path, "An anchor (&name) is not supported: leave it out.", Code.ALIAS
            )
        if getattr(event, "tag", None) is not None:
            self._problem(event, path, "A tag (!name) is not supported: leave it out.", Code.TAG)
        if isinstance(event, yaml.ScalarEvent):
            nothing = event.style is None and event.value in _NOTHING
            return None if nothing else str(event.value)
        if len(path) >= MAX_DEPTH:
            self._problem(event, path, f"Nested deeper than {MAX_DEPTH}.", Code.TOO_DEEP)
            self._skip()
            return None
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _list(self, path: Path) -> Value:
        found: list[Value] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        return found

    def _mapping(self, path: Path) -> Value:
        found: dict[str, Value] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._problem(event, path, "A key must be plain text.", Code.WRONG_TYPE)
                if isinstance(event, yaml.CollectionStartEvent):
                    self._skip()
                self._value(next(self.events), (*path, "?"))
                continue
            key, inner = str(event.value), (*path, str(event.value))
            if key in found:
                message = f"This key is there already, in line {self.keys[inner].line}."
                self._problem(event, inner, message, Code.DUPLICATE_KEY)
                self._elsewhere()
                continue
            self.keys[inner] = _place(event)
            found[key] = self._value(next(self.events), inner)
        return found

    def _elsewhere(self) -> None:
        """Reads over a value, so that its places do not replace those of the first one."""
        if isinstance(next(self.events), yaml.CollectionStartEvent):
            self._skip()

    def _skip(self) -> None:
        depth = 1
        while depth:
            event = next(self.events)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)

    def _problem(self, event: yaml.Event, path: Path, message: str, code: Code) -> None:
        self.problems.append(Problem(*_place(event), show_path(path), message, code))


def _place(event: yaml.Event) -> Place:
    return _at(event.start_mark)


def _at(mark: _Mark | None) -> Place:
    return Place(0, 0) if mark is None else Place(mark.line + 1, mark.column + 1)


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    begins = error.context_mark
    why = safe(error.problem or "unknown", 200)
    if error.context and begins is not None:
        why += f", {safe(error.context, 200)} that begins in line {begins.line + 1}"
    return Problem(*_at(error.problem_mark), "", f"This is not YAML: {why}.", Code.SYNTAX)


def _control_character(text: str, error: yaml.reader.ReaderError) -> Problem:
    before = text[: error.position]
    line, column = before.count("\n") + 1, error.position - before.rfind("\n")
    what = f"A control character (U+{int(error.character):04X}) stands here: delete it."
    return Problem(line, column, "", what, Code.HOSTILE_TEXT)
