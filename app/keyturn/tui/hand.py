"""What a screen has in hand: the person, the vault, the group and the text the keys are about."""

from dataclasses import dataclass

from keyturn_providers.records import Side


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of one source: `kind` is "account", "group" or "vault"."""

    side: Side
    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """A key or id with the name to show; both empty where there is none."""

    key: str = ""
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.key)


NOTHING = Named()


@dataclass(frozen=True, slots=True)
class Hand:
    """A person by key, a vault by id, and the objects that a vendor's console has a page for."""

    person: Named = NOTHING
    vault: Named = NOTHING
    things: tuple[Thing, ...] = ()


EMPTY_HAND = Hand()


@dataclass(frozen=True, slots=True)
class Copied:
    """Text to be copied, and what it is, in a few words."""

    what: str = ""
    text: str = ""
