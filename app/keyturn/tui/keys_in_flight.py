"""Keys pressed faster than screens come: each is for what the ones before it have opened."""

from weakref import WeakKeyDictionary

from textual.events import Key
from textual.widget import Widget


class KeysInFlight:
    """A key is given to the widget that has the focus when it arrives, and comes back where that
    makes nothing of it. In between an earlier key may have opened a screen or a field: what comes
    back is then not a command of the new screen, but a key that is yet to be given to it."""

    def __init__(self) -> None:
        self._given: WeakKeyDictionary[Key, Widget] = WeakKeyDictionary()

    def to(self, here: Widget, key: Key) -> Key:
        """The key as the app is to take it while `here` has the focus: the same, or as if it had
        been pressed only now."""
        if key.is_forwarded and self._given.get(key, here) is not here:
            key = Key(key.key, key.character)
        if not key.is_forwarded:
            self._given[key] = here
        return key
