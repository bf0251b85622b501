"""What the file says twice, or against itself. Looks at the raw values, so that these problems are
named also in a file that has others."""

from collections.abc import Callable, Iterator

from keyturn.decide.names import fold
from keyturn.policy.document import Document, Path, Value, show_path
from keyturn.policy.problems import Code, Problem, shown


def contradictions(document: Document) -> Iterator[Problem]:
    """Problems between values of the file."""
    root = document.value
    if not isinstance(root, dict):
        return
    yield from _one_token_each(document)
    yield from _two_names(document)
    yield from _grants_twice(document)
    yield from _groups_shared(document)
    for section, keys in (
        ("exceptions", (("person",), ("vault", "id"))),
        ("machines", (("machine",),)),
        ("privileges", (("person",), ("role",))),
        ("aliases", (("directory",),)),
        ("aliases", (("secrets",),)),
    ):
        yield from _entries_twice(document, section, keys)


def _at(value: Value, path: Path) -> str | None:
    """The text at `path` below `value`; None where there is no text."""
    for part in path:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        else:
            return None
    return value if isinstance(value, str) else None


def _items(value: Value, key: str) -> list[Value]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _one_token_each(document: Document) -> Iterator[Problem]:
    for side in ("directory", "secrets"):
        source = document.value.get(side) if isinstance(document.value, dict) else None
        if isinstance(source, dict) and source.get("token_env") and source.get("token_command"):
            path = (side, "token_command")
            message = "token_env is given too. Keep the one that is meant."
            yield Problem(*document.places.key(path), show_path(path), message, Code.TWO_TOKENS)


def _two_names(document: Document) -> Iterator[Problem]:
    names = [
        _at(document.value, (side, "name")) or _at(document.value, (side, "kind"))
        for side in ("directory", "secrets")
    ]
    if names[0] is not None and names[0] == names[1]:
        has_name = _at(document.value, ("secrets", "name")) is not None
        path = ("secrets", "name" if has_name else "kind")
        message = f"Both sources are called {shown(names[0])}. Give one of them another name."
        yield Problem(*document.places.value(path), show_path(path), message, Code.SAME_NAME)


def _entries_twice(
    document: Document, section: str, keys: tuple[tuple[str, ...], ...]
) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], Path] = {}
    for number, entry in enumerate(_items(document.value, section)):
        texts = [_at(entry, key) for key in keys]
        if all(texts):
            same = tuple(fold(text) for text in texts if text)
            path: Path = (section, number, *keys[0])
            yield from _twice(document, seen, same, path, lambda _: Code.TWICE)


def _grants_twice(document: Document) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], Path] = {}
    levels: dict[Path, Value] = {}
    for number, mapping in enumerate(_items(document.value, "mappings")):
        group = _at(mapping, ("group", "id"))
        for position, grant in enumerate(_items(mapping, "grants")):
            vault = _at(grant, ("vault", "id"))
            if group is None or vault is None:
                continue
            path = ("mappings", number, "grants", position, "vault", "id")
            mine = levels[path] = grant.get("permissions") if isinstance(grant, dict) else None

            def code(first: Path, mine: Value = mine) -> Code:
                return Code.TWICE if levels.get(first) == mine else Code.CONTRADICTION

            yield from _twice(document, seen, (group, vault), path, code)


def _twice(
    document: Document,
    seen: dict[tuple[str, ...], Path],
    same: tuple[str, ...],
    path: Path,
    code: Callable[[Path], Code],
) -> Iterator[Problem]:
    first = seen.setdefault(same, path)
    if first == path:
        return
    line = document.places.value(first).line
    which = code(first)
    message = f"Line {line} says this already. Delete one of the two."
    if which is Code.CONTRADICTION:
        message = (
            f"Line {line} gives the same group other permissions on the same vault. "
            "Keep the one that is meant."
        )
    yield Problem(*document.places.value(path), show_path(path), message, which)


def _groups_shared(document: Document) -> Iterator[Problem]:
    """A pair of groups is one to one: each of them in one pair only."""
    stands_for: dict[str, tuple[str, Path]] = {}
    pair_of: dict[str, tuple[str, Path]] = {}
    for number, mapping in enumerate(_items(document.value, "mappings")):
        group, other = _at(mapping, ("group", "id")), _at(mapping, ("secrets_group", "id"))
        if group is None or other is None:
            continue
        path = ("mappings", number, "secrets_group", "id")
        for known, key, value, words in (
            (stands_for, other, group, "ties this secrets group to another directory group"),
            (pair_of, group, other, "ties this directory group to another secrets group"),
        ):
            first, where = known.setdefault(key, (value, path))
            if first != value:
                line = document.places.value(where).line
                message = f"Line {line} {words}. A pair is one to one: keep the one that is meant."
                place = document.places.value(path)
                yield Problem(*place, show_path(path), message, Code.CONTRADICTION)
