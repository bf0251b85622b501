"""The vendors' own pages about what is in hand: opened where there is a browser, else shown."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from keyturn.tui.safe import joined, literal
from keyturn.tui.screens.dialog import Dialog, clickable
from keyturn.tui.widgets.paragraphs import Line
from keyturn_providers.consoles import ConsolePage

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp


def console_dialog(pages: Sequence[ConsolePage], app: "KeyturnApp") -> Dialog:
    """Each page with the key that opens it, or where no browser can be opened, copies its address;
    `y` copies the first address."""
    lines: list[Line] = []
    answers: dict[str, Callable[[], None]] = {}
    urls = [page.url for page in pages if page.url]
    opens = has_browser(web=app.is_web)
    take = _open if opens else _copy
    for page in pages:
        lines.append(Line(joined((page.source, "bold"), f"  {page.what}")))
        if not page.url:
            lines.append(Line(literal(f"    {page.words}", "$quiet"), hang=4))
            continue
        number = str(urls.index(page.url) + 1)
        address = joined((f" {number}  ", "bold $accent"), page.url)
        lines.append(Line(clickable(address, f"answer({number!r})"), hang=4))
        answers[number] = partial(take, app, page.url)
    if urls:
        answers["y"] = partial(_copy, app, urls[0])
    if urls and not opens:
        lines.append(Line(literal("No browser can be opened from this terminal.", "$quiet")))
    return Dialog("In the vendor's console", lines, note=_keys(len(urls), opens), answers=answers)


def _keys(urls: int, opens: bool) -> str:
    keys: list[str] = []
    if urls and opens:
        keys = ["1 opens" if urls == 1 else f"1-{urls} open", "y copies"]
        keys[1] += "" if urls == 1 else " the first"
    elif urls:
        keys = ["y copies" if urls == 1 else f"1-{urls} copy"]
    return " · ".join([*keys, "esc closes"])


def has_browser(*, web: bool) -> bool:
    """Whether a page can be opened without taking this terminal: a browser in text mode would."""
    if web or sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(app: "KeyturnApp", url: str) -> None:
    app.open_url(url)
    app.tell(f"Opening {url}")


def _copy(app: "KeyturnApp", url: str) -> None:
    app.copy_to_clipboard(url)
    app.notify(url, title="Copied", markup=False, timeout=4)
