"""Whether an account was used after it was put off, by the archived events: there must be none.

Only what the archive has is told. That it has nothing proves nothing.
"""

from keyturn.decide.names import counted
from keyturn.run.as_of import utc
from keyturn.run.usage import STREAM
from keyturn_providers.records import SourceIdentity
from keyturn_storage.journal import Journal
from keyturn_storage.queries.events import Within, events_of_user

ITEM_USAGES, SIGN_INS = STREAM, "sign-in attempts"
"""The streams in which a source tells who used an item, and who tried to sign in."""
GOT_IN = "success"
CLOCKS_DIFFER_MS = 5_000
"""How much later than the cut an event has to be: clocks differ."""
_MOST = 1_000


def used_after(journal: Journal, source: SourceIdentity, account_id: str, off_ms: int) -> str:
    """What the account did after `off_ms`, in words; "" where the archive knows of nothing."""
    within = Within(off_ms + CLOCKS_DIFFER_MS, limit=_MOST, tenant=source.tenant)
    found = events_of_user(journal, account_id, within)
    sign_ins = [one for one in found if one.stream == SIGN_INS and one.action == GOT_IN]
    uses = [one for one in found if one.stream == ITEM_USAGES]
    if not sign_ins and not uses:
        return ""
    said = [
        counted(len(some), words)
        for some, words in ((sign_ins, "sign-in"), (uses, "item use"))
        if some
    ]
    last = max(one.at_ms for one in (*sign_ins, *uses))
    return f"{' and '.join(said)} after it was cut, the last at {utc(last)}"
