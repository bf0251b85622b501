"""What the archive of events tells of the items somebody used, and what it does not have."""

from collections.abc import Iterable
from dataclasses import dataclass

from keyturn.decide.blast_radius import ItemsUsed
from keyturn.decide.blast_words import missing_words
from keyturn.decide.rotation import CHANGING, Hint, Use
from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import coverage, missing_between
from keyturn_storage.queries.events import Within
from keyturn_storage.queries.item_touches import (
    items_touched,
    items_touched_by_others,
    vaults_touched,
)
from keyturn_storage.stream_rows import StreamCoverage

DAY_MS = 86_400_000
STREAM = "item usages"
"""The stream in which a source tells that somebody used an item."""
VAULT_EXPORTED = "export vault"
"""How the archive calls it in an audit log that somebody took a whole vault with them."""
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What somebody did with items. `uses` is None where no such stream was ever archived; else
    `missing` says which part of the time asked about the archive does not have."""

    uses: tuple[Use, ...] | None
    missing: tuple[str, ...]
    since_ms: int
    until_ms: int
    exported: tuple[Use, ...] = ()
    """Whole vaults that were exported, as the archived audit log tells."""

    @property
    def items(self) -> ItemsUsed:
        """How many items that were."""
        number = None if self.uses is None else len({(u.vault_id, u.item_id) for u in self.uses})
        return ItemsUsed(number, self.since_ms, self.until_ms, self.missing)


def usage_of(
    journal: Journal, account_id: str, tenant: str, *, since_ms: int, until_ms: int
) -> Usage:
    """What an account of the secret manager did with items in a time. The id of an account that
    does not exist is "": it used nothing, and nothing is missing."""
    if not account_id:
        return Usage((), (), since_ms, until_ms)
    within = Within(since_ms, until_ms, MOST, tenant)
    exported = tuple(
        Use(one.vault_id, "", "export", one.last_ms, one.times)
        for one in vaults_touched(journal, account_id, VAULT_EXPORTED, within)
    )
    streams = [one for one in coverage(journal) if one.stream == STREAM and one.tenant == tenant]
    if not streams:
        words = "no usage events of this source were ever archived (keyturn refresh archives them)"
        return Usage(None, (words,), since_ms, until_ms, exported)
    found = items_touched(journal, account_id, STREAM, within)
    missing = [
        (since_ms if gap.from_ms is None else max(gap.from_ms, since_ms), gap.until_ms, gap.words)
        for one in streams
        for gap in missing_between(one, since_ms, until_ms)
    ]
    more = (f"only the newest {MOST} uses are counted",) if len(found) == MOST else ()
    return Usage(
        uses=tuple(Use(t.vault_id, t.item_id, t.action, t.last_ms, t.times) for t in found),
        missing=(*missing_words(missing), *more),
        since_ms=since_ms,
        until_ms=until_ms,
        exported=exported,
    )


def looked_until(covered: StreamCoverage, now_ms: int) -> int:
    """Up to when an archive has to be whole for "not used in 90 days" to be said of now: it is
    always a little behind, by at most a day."""
    whole_ms = covered.whole_ms
    if whole_ms is None or now_ms - whole_ms > DAY_MS:
        return now_ms
    return min(whole_ms, now_ms)


def changed_by_others(
    journal: Journal, account_id: str, tenant: str, vault_ids: Iterable[str], since_ms: int
) -> tuple[Hint, ...]:
    """The uses by others that may have changed an item of these vaults since a moment."""
    within = Within(since_ms=since_ms, limit=MOST, tenant=tenant)
    return tuple(
        Hint(touch.vault_id, touch.item_id, touch.action, touch.last_ms)
        for vault_id in dict.fromkeys(vault_ids)
        for touch in items_touched_by_others(
            journal, account_id, vault_id, CHANGING, STREAM, within
        )
    )
