"""What an attended drill says of troubles that only reads show. Pure."""

from collections.abc import Sequence

from keyturn.demo.drill.report import Episode
from keyturn.demo.drill.seen import Read


def of_storm(refused: int, began_ms: int, reads: Sequence[Read]) -> Episode:
    """The storm of 429 that began then: how often Okta refused, and whether a read came through it.
    `reads` are those of Okta."""
    since = [one for one in reads if one.began_ms >= began_ms]
    whole = next((one for one in since if one.complete), None)
    took_s = 0.0 if whole is None else (whole.ended_ms - began_ms) / 1000
    if not refused:
        words = "Okta was not asked while it lasted, and refused nothing."
    elif whole is not None:
        words = f"Okta refused {refused} requests; keyturn waited, and read Okta to the end."
    elif since:
        words = f"Okta refused {refused} requests, and no read of Okta has been whole since."
    else:
        words = f"Okta refused {refused} requests. No refresh was begun since."
    well = not refused or whole is not None or not since
    return Episode("a storm of 429 from Okta", 0.0, took_s, (words,), well=well)


def of_locked_out(began_s: float, took_s: float, reads: Sequence[Read]) -> Episode:
    """The time without 1Password. `reads` are those of 1Password that were cut by it, and all that
    began and ended in it: none of them can be whole."""
    whole = sum(one.complete for one in reads)
    cut = len(reads) - whole
    words = []
    if cut:
        words.append(f"Reads in that time that were shown as incomplete: {cut}.")
    if whole:
        words.append(f"Reads in that time that passed for whole, and cannot be: {whole}.")
    return Episode(
        "the bridge restarted locked, and the session with 1Password ended",
        began_s,
        took_s,
        tuple(words) or ("No refresh met it.",),
        well=not whole,
    )
