"""Makes text from outside safe to store, to log and to draw.

Names and messages from a remote system may hold escape sequences that write to the operator's
clipboard, direction overrides that swap what is read, or invisible characters that make two names
look alike. Everything in a record passes `safe` (or `safe_id`) once, at the provider's border:
what is dangerous becomes a visible picture, so that it is neither obeyed nor lost.

The pictures are the Unicode control pictures (`␛`) for C0 and DEL and `⟨U+202E⟩` for all else, so
`looks_hostile` can tell a stored name that had them. Normalisation is left as it came: ids and
names are compared elsewhere, and changing them here would hide a difference.
"""

import re
import unicodedata

DEFAULT_LIMIT = 512
ID_LIMIT = 1024
ELLIPSIS = "…"

_PICTURES = re.compile("[\u2400-\u241f\u2421]|⟨U\\+[0-9A-F]{4,6}⟩")

# Assigned to categories that unicodedata calls letters, marks or symbols, yet nothing is drawn.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_SELECTORS = frozenset(
    chr(code)
    for code in (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
)
_JOINERS = "\u200c\u200d"


def safe(value: str, limit: int = DEFAULT_LIMIT) -> str:
    """`value` with every dangerous character made visible, at most `limit` characters long.

    Replaced are C0 (tab and newline too) and DEL, C1, line and paragraph separators, bidi controls
    and all other format characters, blank letters, lone surrogates and noncharacters. The joiners
    U+200C and U+200D stay between letters of scripts that need them and between emoji. What is too
    long is cut and ends in `…`; a picture is never cut in half. Applying it twice changes nothing.
    """
    if len(value) <= limit and _is_plain(value):
        return value
    pieces = _pieces(value[: limit + 2])
    if sum(map(len, pieces)) <= limit and len(value) <= limit:
        return "".join(pieces)
    room = limit - len(ELLIPSIS)
    kept: list[str] = []
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + ELLIPSIS


def safe_id(value: str, limit: int = ID_LIMIT) -> str:
    """`value` unchanged, if it can be an id: an id is compared and sent back, so it may not be
    altered.

    Raises `ValueError` (its text is safe to show) for an id that is empty, longer than `limit`, or
    holds anything `safe` would replace; the record then becomes an `Unreadable` without id.
    """
    if not value:
        raise ValueError("The id is empty.")
    if len(value) > limit:
        raise ValueError(f"The id is {len(value)} characters long; {limit} are allowed.")
    if is_hostile(value):
        raise ValueError(f"The id holds control characters: {safe(value, 80)}")
    return value


def is_hostile(value: str) -> bool:
    """Whether `safe` would replace a character of `value`. Length alone is not hostile."""
    return not _is_plain(value) and _pieces(value) != list(value)


def looks_hostile(safe_text: str) -> bool:
    """Whether text that has passed `safe` holds one of its pictures.

    A name that was written with such a picture on purpose counts too: nobody is called so.
    """
    return _PICTURES.search(safe_text) is not None


def _is_plain(value: str) -> bool:
    # isprintable is False for all of Cc, Cf, Cs, Cn, Zl and Zp, and runs at the speed of C.
    return value.isprintable() and (value.isascii() or _BLANK.search(value) is None)


def _pieces(value: str) -> list[str]:
    return [char if _stays(value, at, char) else _picture(char) for at, char in enumerate(value)]


def _stays(value: str, at: int, char: str) -> bool:
    code = ord(char)
    if char in _JOINERS:
        return (
            0 < at < len(value) - 1
            and _may_be_joined(value[at - 1])
            and _may_be_joined(value[at + 1])
        )
    if char in _SELECTORS:
        # One variation selector belongs to the character before it; a row of them hides data.
        return at > 0 and not _BLANK.match(value[at - 1]) and value[at - 1].isprintable()
    if char in _BLANK_LETTERS or (code & 0xFFFE) == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return False
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _may_be_joined(char: str) -> bool:
    code = ord(char)
    category = unicodedata.category(char)
    if category in {"So", "Sk"} or char == "\ufe0f":
        return code >= 0x2190
    joining_script = (
        0x0600 <= code < 0x1B00
        or 0xA800 <= code < 0xAC00
        or 0xFB50 <= code < 0xFEFF
        or 0x10800 <= code < 0x12000
    )
    return joining_script and category[0] in "LM"


def _picture(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"⟨U+{code:04X}⟩"
