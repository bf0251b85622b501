"""Verdicts as the journal keeps them, read back into what they mean."""

from keyturn.decide.steps import ProofVerdict

_WORDS = {one.value: one for one in ProofVerdict}


def is_good(verdict: str) -> bool:
    """Whether all that the source lets anybody see says that the change is in effect."""
    known = _WORDS.get(verdict)
    return known is not None and known.is_good
