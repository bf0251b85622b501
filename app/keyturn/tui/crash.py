"""What is said and kept when keyturn itself fails: never a value of a variable, never a secret.

Textual's own report prints the local variables of every frame. A token held in one would be printed
in clear. Here the screen gets one sentence and the place of a report; the report holds the call
chain (files, lines, functions) and the class of the error, and its message only with everything
that looks like a credential taken out.
"""

import os
import re
import time
import traceback
from pathlib import Path

from rich.text import Text

from keyturn.tui.printable import printable

CRASH_EXIT_CODE = 70
_LONG_WORD = re.compile(r"[^\s'\"(){}\[\]<>=,;:]{16,}")
_HEADER = re.compile(r"(?i)\b(bearer|token|basic|password|secret|authorization)\b(\s*[:=]?\s*)\S+")


def redacted(message: str) -> str:
    """`message` with credentials, and any long word that might be one, replaced by `[removed]`.

    Words that are plainly paths or dotted names of our own code stay.
    """
    found = _HEADER.sub(r"\1\2[removed]", message)
    return _LONG_WORD.sub(lambda word: word[0] if _is_plain(word[0]) else "[removed]", found)


def _is_plain(word: str) -> bool:
    return bool(re.fullmatch(r"[a-z_]+(?:[./][a-z_]+)+\.?", word))


def report_text(error: BaseException) -> str:
    """The report: the call chain without values, for the error and its causes."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)
        parts.append(f"{type(current).__module__}.{type(current).__qualname__}: ")
        parts[-1] += printable(redacted(str(current))[:2000])
        parts += [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "\n".join(parts) + "\n"


def _short(filename: str) -> str:
    """A path from the package on: where it is installed says who the operator is."""
    parts = Path(filename).parts
    for start in ("keyturn", "keyturn_providers", "keyturn_storage", "textual", "site-packages"):
        if start in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(start) :])
    return parts[-1] if parts else filename


def write_report(error: BaseException, data: Path) -> Path | None:
    """Writes the report to a new file only the operator can read; None without a place for it."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = data / f"crash-{stamp}-{os.getpid()}.txt"
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return None
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(report_text(error))
    return target


def screen_words(error: BaseException, report: Path | None) -> Text:
    """What the terminal shows after the dashboard has gone: lines that fit 80 columns, but for that
    of the report's path. One cut in two by the end of a line could not be copied."""
    where = f"  report  {report}" if report else "  report  No report could be kept."
    holds = "\n          It has the calls that failed and no values." if report else ""
    words = (
        f"keyturn: the dashboard failed ({type(error).__name__}).\n"
        f"{where}{holds}\n"
        "  runs    What was being applied is in the journal: keyturn resume goes on.\n"
        "  next    Start keyturn again; if it fails again, pass this on."
    )
    return Text(words, no_wrap=True, overflow="ignore")
