"""Says in which lines a text differs from what it was, from a short digest of each line."""

from collections.abc import Sequence


def where_differs(was: Sequence[str], now: Sequence[str]) -> tuple[str, str]:
    """(which lines, what is wrong), as precisely as the digests tell."""
    head = _common(was, now)
    tail = _common(was[head:][::-1], now[head:][::-1])
    old, new = was[head : len(was) - tail], now[head : len(now) - tail]
    if not old and not new:
        return "", "its bytes were changed between or after its lines"
    if not new:
        return _lines(head, len(old)), f"{_count(len(old))} missing here"
    if not old:
        return _lines(head, len(new)), f"{_count(len(new))} too many here"
    if sorted(old) == sorted(new):
        return _lines(head, len(old)), "these lines are in another order"
    return _lines(head, len(new)), "this was changed" if len(new) == 1 else "these were changed"


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _lines(first: int, count: int) -> str:
    return f"line {first + 1}" if count == 1 else f"lines {first + 1} to {first + count}"


def _count(number: int) -> str:
    return "1 line is" if number == 1 else f"{number} lines are"
