"""Gives the terminal back as it was, whatever a killed program had made of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Leave the alternate screen, show the cursor, no mouse, lines that wrap, no bracketed paste, no
# focus reports, the keyboard as it was, and plain text.
_RESET = (
    "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"
    "\x1b[?7h\x1b[?2004l\x1b[?1004l\x1b[?2026l\x1b[<u\x1b[0m"
)


@contextmanager
def kept_terminal() -> Iterator[None]:
    """Within the block a program may do with the terminal as it likes, and die."""
    try:
        import termios
    except ImportError:  # no terminal settings to keep on this platform
        yield
        return
    before = termios.tcgetattr(sys.stdin.fileno())
    try:
        yield
    finally:
        # A terminal that went away takes nothing back: how the block ended is what counts.
        with suppress(OSError, termios.error):
            sys.stdout.write(_RESET)
            sys.stdout.flush()
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSAFLUSH, before)
