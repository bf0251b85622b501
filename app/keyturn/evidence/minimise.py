"""Names of people the evidence is not about: initials and id, so that only those who may look the
id up in the system learn who it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TypeVar, cast

from keyturn.decide.names import fold
from keyturn.policy.tokens import without_tokens
from keyturn_providers.records import Account

T = TypeVar("T")
_WORD = re.compile(r"[^\s,;:()\"]+")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_ENDING = re.compile(r"(['’]s)?[.'’!?]*$")
_LONGEST_NAME = 6
# One word alone is taken for somebody's name only if it cannot be a plain word: a login.
_LOGIN = re.compile(r"[.@_\d-]")


@dataclass(frozen=True, slots=True)
class Minimiser:
    """`names` leads from a folded name, login or address of another person to what stands for it;
    `kept` are those of the people the evidence is about."""

    names: dict[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    def text(self, text: str) -> str:
        """`text` without the names of others, and without what looks like a credential."""
        out: list[str] = []
        words = list(_WORD.finditer(text))
        at, place = 0, 0
        while place < len(words):
            length, stands = self._named(text, words, place)
            if stands:
                end = words[place + length - 1].end()
                out += [text[at : words[place].start()], stands]
                # The full stop that ends a sentence is not of the name.
                at = end - 1 if text[end - 1] == "." and not stands.endswith(".") else end
            place += length if stands else 1
        out.append(text[at:])
        return without_tokens(_EMAIL.sub(self._address, "".join(out)))

    def _named(self, text: str, words: list[re.Match[str]], place: int) -> tuple[int, str]:
        for length in range(min(_LONGEST_NAME, len(words) - place), 0, -1):
            said = text[words[place].start() : words[place + length - 1].end()]
            if length == 1 and not _LOGIN.search(said.rstrip(".")):
                continue
            for form in (said, _ENDING.sub("", said)):
                stands = self.names.get(fold(form))
                if stands:
                    return length, stands
        return 1, ""

    def _address(self, found: re.Match[str]) -> str:
        address = found.group()
        if fold(address) in self.kept:
            return address
        return f"{address[0]}…@{address.rpartition('@')[2]}"

    def value(self, value: T) -> T:
        """The same frozen value with every text in it minimised."""
        return cast("T", self._walk(value))

    def _walk(self, value: object) -> object:
        if isinstance(value, str) and type(value) is str:
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self._walk(one) for one in value)
        if isinstance(value, list):
            return [self._walk(one) for one in value]
        if isinstance(value, dict):
            return {key: self._walk(one) for key, one in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            changed = {one.name: self._walk(getattr(value, one.name)) for one in fields(value)}
            return replace(value, **changed)
        return value


def minimiser(accounts: Iterable[Account], subjects: Iterable[Account]) -> Minimiser:
    """One that knows everybody in `accounts`, and leaves `subjects` as they are."""
    kept = frozenset(name for one in subjects for name in _names(one))
    names = {
        name: f"{initials(account.display_name or account.name)} ({account.id})"
        for account in accounts
        for name in _names(account)
        if name not in kept
    }
    return Minimiser(names, kept)


def initials(name: str) -> str:
    """`L.B.` for Lea Baum, and for lea.baum@acme.example."""
    parts = re.split(r"[\s._-]+", name.partition("@")[0])
    return "".join(f"{part[0].upper()}." for part in parts if part)[:12] or "?"


def _names(account: Account) -> set[str]:
    every = {account.display_name, account.name, *(mail.address for mail in account.emails)}
    return {fold(name) for name in every if len(name.strip()) > 2}
