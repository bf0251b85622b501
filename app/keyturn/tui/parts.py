"""What the dashboard's app is made with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.data import Data
from keyturn.tui.first_look import FirstLook
from keyturn.tui.housekeeping import SHARED, Housekeeping
from keyturn.tui.reads import Open, Reads

if TYPE_CHECKING:
    from keyturn.run.deep_links import Link
    from keyturn.tui.engine import Engine


def _no_look() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Parts:
    """`data` answers in the thread of `reads`. `open_engine` gives the work behind the screens, the
    same each time; the first paint needs none of it."""

    reads: Reads[Open]
    data: Data
    open_engine: "Callable[[], Engine]"
    state_dir: Path
    now_ms: Callable[[], int]
    organisation: str = ""
    read_only: bool = False
    person: str = ""
    link: "Link | None" = None
    read_first: bool = False
    tour: bool = False
    """Whether the tour is offered, if it never was."""
    look: Callable[[], FirstLook | None] = _no_look
    """Gives what the first paint shows, if it was read ahead. May wait for it."""
    housekeeping: Housekeeping = SHARED

    @property
    def engine(self) -> "Engine":
        """The work behind the screens."""
        return self.open_engine()
