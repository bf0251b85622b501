"""What may stand nowhere in the file, wherever it is written: credentials and hostile text."""

from collections.abc import Iterator

from keyturn.policy.document import Document, Path, Value, show_path
from keyturn.policy.problems import Code, Problem
from keyturn.policy.tokens import holds_token, names_a_secret
from keyturn_providers.text import is_hostile, safe

_TOKEN = (
    "A token or password may not be in this file, which is meant to be shared. Put it into the "  # noqa: S105
    "environment and name the variable with token_env. If the file was shared, replace the token."
)


def scan(document: Document) -> Iterator[Problem]:
    """Problems of single texts, keys included, whatever the shape around them."""
    yield from _scan(document, document.value, ())


def _scan(document: Document, value: Value, path: Path) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _scan_key(document, key, (*path, key))
            yield from _scan(document, inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _scan(document, inner, (*path, number))
    elif value is not None:
        yield from _scan_text(document, value, path)


def _scan_key(document: Document, key: str, path: Path) -> Iterator[Problem]:
    if holds_token(key):
        yield Problem(*document.places.key(path), "", _TOKEN, Code.LITERAL_TOKEN)
    elif is_hostile(key):
        yield _hostile(document, key, path)


def _scan_text(document: Document, text: str, path: Path) -> Iterator[Problem]:
    key = path[-1] if path else ""
    if holds_token(text) or (isinstance(key, str) and names_a_secret(key)):
        place = document.places.value(path)
        yield Problem(*place, show_path(path), _TOKEN, Code.LITERAL_TOKEN)
    elif is_hostile(" ".join(text.split())):
        yield _hostile(document, text, path)


def _hostile(document: Document, text: str, path: Path) -> Problem:
    message = (
        f'"{safe(text, 60)}" holds a control or bidirectional character, which would make it '
        "look like something else. Write it without."
    )
    return Problem(*document.places.value(path), show_path(path), message, Code.HOSTILE_TEXT)
