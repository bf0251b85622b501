"""Names as somebody types them who has not their letters on the keyboard. Pure."""

import unicodedata

_WITHOUT_PARTS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters that are not made of a plain one and a mark."""


def plain(name: str) -> str:
    """`name` casefolded and without the marks on its letters: "Öberg" gives "oberg". Letters of
    other scripts stay as they are, less their marks."""
    folded = name.casefold()
    if folded.isascii():
        return folded
    parts = unicodedata.normalize("NFKD", folded.translate(_WITHOUT_PARTS))
    kept = "".join(char for char in parts if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", kept)
