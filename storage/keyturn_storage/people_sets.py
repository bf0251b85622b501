"""Sets of people as they are stored: small, quick to unite. A person is their place in the list.

Of few, each place is a number of four bytes; of many, there is one bit for everybody.
"""

import re
import sys
from array import array
from collections.abc import Collection

LISTED, BITS = 0, 1
SMALLEST = 32
"""One place takes as much as the bits of so many people."""
_NOT_EMPTY = re.compile(rb"[^\0]")
_OF_BYTE = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
_AS_MARKS = tuple(bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256))

_AS_DIGITS = bytes.maketrans(b"\0\1", b"01")


def of_places(places: Collection[int], people: int) -> tuple[int, bytes]:
    """The form and the bytes of a set, out of so many people."""
    if len(places) * SMALLEST <= people:
        return LISTED, _numbers(places)
    found = bytearray((people + 7) // 8)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return BITS, bytes(found)


def of_bits(bits: int, people: int) -> tuple[int, bytes]:
    """The same of a set that is one number, with a bit for each of its members."""
    whole = bits.to_bytes((people + 7) // 8, "little")
    if bits.bit_count() * SMALLEST > people:
        return BITS, whole
    return LISTED, _numbers(
        [
            at.start() * 8 + bit
            for at in _NOT_EMPTY.finditer(whole)
            for bit in _OF_BYTE[whole[at.start()]]
        ]
    )


def united(listed: bytes, bits: bytes, people: int) -> bytes:
    """Who is in any of some sets, as one byte for each of so many people: 1, or 0. The sets of
    either form stand one after another."""
    width, found = (people + 7) // 8, 0
    for start in range(0, len(bits), width):
        found |= int.from_bytes(bits[start : start + width], "little")
    marks = bytearray(b"".join(map(_AS_MARKS.__getitem__, found.to_bytes(width, "little"))))
    del marks[people:]
    for place in numbers_in(listed):
        marks[place] = 1
    return bytes(marks)


def as_bits(marks: bytes) -> int:
    """The people who are marked, with a bit for each."""
    return int(marks[::-1].translate(_AS_DIGITS) or b"0", 2)


def numbers_in(listed: bytes) -> "array[int]":
    """The places that are listed."""
    found = array("I")
    found.frombytes(listed)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _numbers(places: Collection[int]) -> bytes:
    found = array("I", places)
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()
