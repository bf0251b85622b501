"""The command palette: actions by "area: verb" first, then people and vaults, each by one query."""

from collections.abc import Callable
from functools import partial
from typing import cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from keyturn.tui.actions import Action, Where, actions, shown_key
from keyturn.tui.app import KeyturnApp
from keyturn.tui.safe import literal, printable
from keyturn.tui.screens.frame import Frame
from keyturn.tui.widgets.virtual_list import VirtualList

PEOPLE_LIMIT, VAULT_LIMIT = 20, 10
LEAST_TOLD = 3
"""So many letters at least are looked for in what the help says."""


def palette() -> CommandPalette:
    """The palette over the screen in front."""
    return CommandPalette(
        providers=[Commands, People, Vaults],
        placeholder="An action, or part of the name of a person or a vault",
    )


class Commands(Provider):
    """The actions of the screen in front and of everywhere, from the table of actions."""

    def _found(self) -> list[tuple[Action, str]]:
        app = cast("KeyturnApp", self.app)
        where = self.screen.WHERE if isinstance(self.screen, Frame) else Where.EVERYWHERE
        in_list = isinstance(self.screen.focused, VirtualList)
        here = (where, Where.LIST) if in_list else (where,)
        places = dict.fromkeys((*here, Where.EVERYWHERE))
        return [
            (action, f"{action.palette}  ({shown_key(action.keys[0])})")
            for place in places
            for action in actions(place, read_only=app.read_only)
            if action.palette
        ]

    def _do(self, action: Action) -> Callable[[], None]:
        def press() -> None:
            self.app.simulate_key(action.keys[0])

        return press

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action, name in self._found():
            yield DiscoveryHit(name, self._do(action), help=action.help)

    async def search(self, query: str) -> Hits:
        """Those that match, and those whose help has words that begin with what is typed."""
        matcher, typed = self.matcher(query), query.strip().casefold()
        for action, name in self._found():
            score = max(matcher.match(name), _told(action, typed))
            if score > 0:
                yield Hit(score + 1, matcher.highlight(name), self._do(action), help=action.help)


def _told(action: Action, typed: str) -> int:
    """More than for letters that are strewn over a name, less than for a word of it."""
    if len(typed) < LEAST_TOLD:
        return 0
    return 2 * len(typed) if f" {typed}" in f" {action.help.casefold()}" else 0


class People(Provider):
    """People whose name, login or address contains what is typed: their cards."""

    async def search(self, query: str) -> Hits:
        """At most `PEOPLE_LIMIT`, from the cache."""
        app = cast("KeyturnApp", self.app)
        data = app.parts.data
        found = await app.parts.reads.ask(lambda: data.people(query, PEOPLE_LIMIT))
        for place, person in enumerate(found):
            shows = partial(app.show_person, person.key, person.name)
            yield _card(0.9, place, "person", person.name, shows, printable(person.login) or None)


class Vaults(Provider):
    """Vaults whose name contains what is typed: their cards."""

    async def search(self, query: str) -> Hits:
        """At most `VAULT_LIMIT`, from the cache."""
        app = cast("KeyturnApp", self.app)
        data = app.parts.data
        found = await app.parts.reads.ask(lambda: data.vaults(query, VAULT_LIMIT))
        for place, vault in enumerate(found):
            shows = partial(app.show_vault, vault.id, vault.name)
            yield _card(
                0.6, place, "vault", vault.name, shows, f"{vault.openers:,} people can open it"
            )


def _card(
    best: float, place: int, what: str, name: str, shows: Callable[[], None], below: str | None
) -> Hit:
    """A card that can be opened: the first of its kind scores `best`, each later one less."""
    words = literal(f"{what}: {name}")
    return Hit(best - place / 100, words, shows, text=printable(name), help=below)
