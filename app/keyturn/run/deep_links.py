"""What `keyturn user|group|vault|run TEXT` means: one thing by id, or the candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.names import fold
from keyturn_storage.journal import Journal
from keyturn_storage.queries.groups import groups_called
from keyturn_storage.queries.persons import person_by_text
from keyturn_storage.queries.reader import Reader
from keyturn_storage.queries.vaults import vaults_called

CANDIDATES_SHOWN = 8


class LinkKind(StrEnum):
    """The things that have a command of their own to open them."""

    USER = "user"
    GROUP = "group"
    VAULT = "vault"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Link:
    """What the dashboard can be opened at. `key` is that of a person or group, or the id of a vault
    or run."""

    kind: LinkKind
    key: str
    name: str


class NotOneThing(Exception):
    """Nothing, or more than one thing, is called this. `candidates` are worded with their ids."""

    def __init__(self, kind: LinkKind, text: str, candidates: Sequence[str]) -> None:
        self.candidates = tuple(candidates)
        word = {LinkKind.USER: "person"}.get(kind, kind.value)
        if candidates:
            shown = list(candidates[:CANDIDATES_SHOWN])
            rest = len(candidates) - len(shown)
            more = [f"... and {rest} more"] if rest > 0 else []
            said = "\n".join(f"  {one}" for one in (*shown, *more))
            message = f"{text}: more than one {word} could be meant. Name one by id:\n{said}"
        else:
            message = (
                f"{text}: no {word} is called this, by name, address or id. Check the spelling, "
                "or run `keyturn refresh` first."
            )
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """`names` are what it is called exactly, folded; `words` say which one it is."""

    key: str
    name: str
    names: frozenset[str]
    words: str


def find_link(reader: Reader, journal: Journal | None, kind: LinkKind, text: str) -> Link:
    """The one thing called exactly so; else the only one whose name contains the text. Raises
    NotOneThing."""
    found = {
        LinkKind.USER: _users, LinkKind.GROUP: _groups, LinkKind.VAULT: _vaults,
    }[kind](reader, text) if kind is not LinkKind.RUN else _runs(journal, text)  # fmt: skip
    exact = [one for one in found if fold(text) in one.names]
    fitting = exact or found
    if len(fitting) != 1:
        raise NotOneThing(kind, text, [one.words for one in fitting])
    return Link(kind, fitting[0].key, fitting[0].name)


_MOST = 100


def _users(reader: Reader, text: str) -> list[_Candidate]:
    return [
        _Candidate(
            row.key,
            row.name,
            _folded(row.key, row.name, row.login, row.directory_id, row.secrets_id),
            f"{row.name} ({row.login}), id {row.directory_id or row.secrets_id}",
        )
        for row in person_by_text(reader, text, _MOST)
    ]


def _groups(reader: Reader, text: str) -> list[_Candidate]:
    return [
        _Candidate(
            row.key,
            row.name,
            _folded(row.key, row.name, row.directory_id, row.secrets_id),
            f"{row.name}, id {row.directory_id or row.secrets_id}",
        )
        for row in groups_called(reader, text, _MOST)
    ]


def _vaults(reader: Reader, text: str) -> list[_Candidate]:
    return [
        _Candidate(row.id, row.name, _folded(row.id, row.name), f"{row.name}, id {row.id}")
        for row in vaults_called(reader, text, _MOST)
    ]


def _runs(journal: Journal | None, text: str) -> list[_Candidate]:
    wanted = text.strip()
    return [
        _Candidate(row.id, row.title, _folded(row.id), f"{row.id}  {row.title}")
        for row in (journal.runs() if journal is not None and wanted else ())
        if row.id.startswith(wanted)
    ]


def _folded(*names: str | None) -> frozenset[str]:
    return frozenset(fold(name) for name in names if name)
