"""ACL policy text to rules: a small, tolerant parser for the policy language alone.

OpenBao and Vault accept a policy as HCL (version 1) or as JSON. Both come out as the same `Rule`
values. What the server accepts and this parser does not understand raises `PolicyUnreadable`; the
caller then treats the policy as giving an unknown level, never as giving nothing.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

_OLD_STYLE = {
    "deny": ("deny",),
    "read": ("read", "list"),
    "write": ("create", "read", "update", "delete", "list"),
    "sudo": ("create", "read", "update", "delete", "list", "sudo"),
}
_NARROWING = frozenset(
    {
        "allowed_parameters",
        "denied_parameters",
        "required_parameters",
        "min_wrapping_ttl",
        "max_wrapping_ttl",
        "control_group",
        "mfa_methods",
        "expiration",
        "pagination_limit",
        "response_keys_filter_path",
        "list_scan_response_keys_filter_path",
    }
)

_TOKEN = re.compile(
    r"""
    (?P<space>[\s,;]+)
  | (?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)
  | (?P<heredoc><<-?(?P<tag>[A-Za-z_][A-Za-z0-9_]*)[ \t]*\r?\n)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<number>-?[0-9][0-9A-Za-z_.]*)
  | (?P<word>[A-Za-z_][A-Za-z0-9_.-]*)
  | (?P<mark>[{}\[\]=:])
    """,
    re.VERBOSE | re.DOTALL,
)
_MAX_DEPTH = 32


class PolicyUnreadable(Exception):
    """The text is not a policy as this parser knows the language. Says where and what."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One `path` block: the path as written (without a leading slash), its capabilities, and the
    names of settings that narrow it further and are not evaluated."""

    path: str
    capabilities: frozenset[str]
    conditions: tuple[str, ...] = ()

    @property
    def templated(self) -> bool:
        """Whether the path depends on who asks (`{{identity...}}`)."""
        return "{{" in self.path


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


# A parsed value: text, a list, or a body (key words and their values, in order, repeats kept).
_Value: TypeAlias = "str | list[_Value] | _Body"


@dataclass(frozen=True, slots=True)
class _Body:
    items: tuple[tuple[tuple[str, ...], _Value], ...]


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of one policy, in order, several for one path where the text has several.

    An empty text is a policy without rules. Raises `PolicyUnreadable`.
    """
    body = _json_body(text) if text.lstrip().startswith("{") else _Parser(text).document()
    return tuple(_rules(body))


def _rules(body: _Body) -> Iterator[Rule]:
    for keys, value in body.items:
        if keys[0] != "path":
            continue
        if len(keys) == 2:
            yield from (_rule(keys[1], inner) for inner in _bodies(value))
        elif len(keys) == 1:
            for outer in _bodies(value):
                for names, inner in outer.items:
                    if len(names) != 1:
                        raise PolicyUnreadable("a path block has more than one name")
                    yield from (_rule(names[0], one) for one in _bodies(inner))
        else:
            raise PolicyUnreadable("a path block has more than one name")


def _bodies(value: _Value) -> tuple[_Body, ...]:
    if isinstance(value, _Body):
        return (value,)
    if isinstance(value, list):
        return tuple(body for one in value for body in _bodies(one))
    raise PolicyUnreadable("a path is followed by text where a block was expected")


def _rule(path: str, body: _Body) -> Rule:
    capabilities: set[str] = set()
    conditions: set[str] = set()
    for keys, value in body.items:
        if keys == ("capabilities",):
            capabilities.update(_texts(value))
        elif keys == ("policy",):
            for word in _texts(value):
                if word not in _OLD_STYLE:
                    raise PolicyUnreadable(f"path {path!r} has the unknown policy {word!r}")
                capabilities.update(_OLD_STYLE[word])
        elif keys[0] in _NARROWING:
            conditions.add(keys[0])
    return Rule(path.removeprefix("/"), frozenset(capabilities), tuple(sorted(conditions)))


def _texts(value: _Value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    raise PolicyUnreadable("a block stands where a list of words was expected")


def _json_body(text: str) -> _Body:
    try:
        value = _from_json(json.loads(text, object_pairs_hook=_pairs))
    except (ValueError, RecursionError) as problem:
        raise PolicyUnreadable(f"not JSON: {problem}") from None
    if not isinstance(value, _Body):
        raise PolicyUnreadable("the JSON is not an object")
    return value


def _pairs(pairs: list[tuple[str, object]]) -> _Body:
    return _Body(tuple(((key,), _from_json(value)) for key, value in pairs))


def _from_json(value: object) -> _Value:
    if isinstance(value, _Body | str):
        return value
    if isinstance(value, list):
        return [_from_json(one) for one in value]
    return json.dumps(value)


class _Parser:
    """Recursive descent over the tokens of one HCL text."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def document(self) -> _Body:
        body = self._items(depth=0, closed_by="")
        if self._at < len(self._tokens):
            raise self._unexpected("the end")
        return body

    def _items(self, depth: int, closed_by: str) -> _Body:
        if depth > _MAX_DEPTH:
            raise PolicyUnreadable(f"nested more than {_MAX_DEPTH} deep")
        items: list[tuple[tuple[str, ...], _Value]] = []
        while (token := self._peek()) is not None and token.text != closed_by:
            items.append(self._item(depth))
        return _Body(tuple(items))

    def _item(self, depth: int) -> tuple[tuple[str, ...], _Value]:
        keys: list[str] = []
        while (token := self._peek()) is not None and token.kind in {"string", "word", "number"}:
            keys.append(token.text)
            self._at += 1
        if not keys:
            raise self._unexpected("a name")
        token = self._peek()
        if token is not None and token.kind == "mark" and token.text in "=:":
            self._at += 1
            return tuple(keys), self._value(depth)
        if token is not None and token.kind == "mark" and token.text == "{":
            return tuple(keys), self._value(depth)
        raise self._unexpected('"=" or "{"')

    def _value(self, depth: int) -> _Value:
        token = self._peek()
        if token is None:
            raise self._unexpected("a value")
        if token.kind in {"string", "word", "number"}:
            self._at += 1
            return token.text
        if token.text == "{":
            self._at += 1
            body = self._items(depth + 1, "}")
            self._close("}")
            return body
        if token.text == "[":
            self._at += 1
            if depth > _MAX_DEPTH:
                raise PolicyUnreadable(f"nested more than {_MAX_DEPTH} deep")
            values: list[_Value] = []
            while (inner := self._peek()) is not None and inner.text != "]":
                values.append(self._value(depth + 1))
            self._close("]")
            return values
        raise self._unexpected("a value")

    def _close(self, mark: str) -> None:
        token = self._peek()
        if token is None or token.kind != "mark" or token.text != mark:
            raise self._unexpected(f'"{mark}"')
        self._at += 1

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _unexpected(self, wanted: str) -> PolicyUnreadable:
        token = self._peek()
        if token is None:
            return PolicyUnreadable(f"the text ends where {wanted} was expected")
        return PolicyUnreadable(
            f"line {token.line}: {token.text[:40]!r} stands where {wanted} was expected"
        )


def _tokens(text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PolicyUnreadable(f"line {line}: {text[at : at + 20]!r} is not understood")
        kind, found, end = str(match.lastgroup), match.group(), match.end()
        if match.group("heredoc") is not None:
            closing = re.compile(rf"^[ \t]*{re.escape(match.group('tag'))}[ \t]*\r?$", re.MULTILINE)
            close = closing.search(text, end)
            if close is None:
                raise PolicyUnreadable(f"line {line}: a heredoc does not end")
            yield _Token("string", text[end : close.start()], line)
            end = close.end()
        elif kind == "string":
            yield _Token("string", _unquote(found, line), line)
        elif kind in {"number", "word", "mark"}:
            yield _Token(kind, found, line)
        line += text.count("\n", at, end)
        at = end


def _unquote(quoted: str, line: int) -> str:
    if "\\" not in quoted:
        return quoted[1:-1]
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise PolicyUnreadable(f"line {line}: an escape in {quoted[:40]} is not known") from None
