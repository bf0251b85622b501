"""Keeps short what Python's garbage collector does while somebody waits for a key.

A full collection looks at every object that is alive, and nothing else goes on meanwhile: a tenth
of a second, of which nine tenths are for modules and classes that stay as long as the process does.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass

from textual._styles_cache import StylesCache

from keyturn.run.short_pauses import collect_between_jobs

AFTER_S = 0.4
"""After a screen came to the front: what was before it has gone by then, and nobody types yet."""


def _nothing() -> None:
    """Where others share the process, its memory is not ours to arrange."""


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """`settled` is called once, in a job's thread, when all that stays has been imported; `quiet`
    on the loop, some time after each change of the screen in front."""

    settled: Callable[[], None] = _nothing
    quiet: Callable[[], None] = _nothing


SHARED = Housekeeping()
"""For an app in a process that is also others'."""


def of_own_process() -> Housekeeping:
    """For an app that has the process for itself: what stays is never looked at again, and what a
    screen leaves behind is collected before there is much of it."""
    return Housekeeping(gc.freeze, _collect)


def _collect() -> None:
    if gc.get_freeze_count():  # before that it would take as long as the first paint
        collect_between_jobs()


def forget_drawn() -> None:
    """Lets go of what widgets that have gone have drawn.

    Textual works out a border's two backgrounds in a method that remembers its last 1,024 calls,
    and with each of them every line of the widget: ten thousand objects for a screen.
    """
    forget = getattr(StylesCache.get_inner_outer, "cache_clear", None)
    if forget is not None:
        forget()
