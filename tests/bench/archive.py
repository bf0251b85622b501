"""Archives made-up events and times the questions. Prints rows a second, the file's size and each
query's time.

`uv run python -m tests.bench.archive [events]` does so in a temporary directory, in pages of 1,000.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from keyturn_providers.records import Side, SourceIdentity
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.queries.coverage import counts_by_day, coverage
from keyturn_storage.queries.events import (
    Within,
    events_of_user,
    events_of_vault,
    items_used,
    items_used_count,
    last_item_use,
    newest_event,
    users_of_vault,
    vaults_used,
)
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

SOURCE = SourceIdentity("1password", "onepassword", Side.SECRETS, "BENCH-ACCOUNT")
PAGE = 1_000
START_MS = 1_800_000_000_000
PEOPLE, VAULTS, ITEMS = 500, 60, 3_000


def pages(events: int) -> Iterator[tuple[EventIn, ...]]:
    """Item usages of 120 days in pages, with JSON of the size that 1Password sends. A tenth of the
    people make half of the events."""
    chance = random.Random(events)
    apart_ms = 120 * 86_400_000 // events
    for start in range(0, events, PAGE):
        yield tuple(
            _usage(number, START_MS + number * apart_ms, chance)
            for number in range(start, min(start + PAGE, events))
        )


def _usage(number: int, at_ms: int, chance: random.Random) -> EventIn:
    person = chance.randrange(PEOPLE // 10 if chance.random() < 0.5 else PEOPLE)
    item = chance.randrange(ITEMS)
    user, vault = f"USER{person:022d}", f"vault{item % VAULTS:021d}"
    item_id = f"item{item:022d}"
    id_ = f"{chance.getrandbits(130):026X}"[:26]
    raw = (
        f'{{"uuid":"{id_}","timestamp":"2027-01-15T08:00:00.{number % 1000:03d}Z","used_version":1,'
        f'"vault_uuid":"{vault}","item_uuid":"{item_id}","action":"fill","user":{{"uuid":"{user}",'
        f'"name":"Person {person}","email":"person{person}@acme.example"}},"client":{{"app_name":'
        '"1Password Browser Extension","app_version":"81047013","platform_name":"Chrome",'
        '"platform_version":"130.0","os_name":"MacOSX","os_version":"14.6.1","ip_address":'
        f'"203.0.113.{number % 250}"}},"location":{{"country":"NL","region":"North Holland","city":'
        '"Amsterdam","latitude":52.37,"longitude":4.89},"account_uuid":"BENCHACCOUNT"}'
    )
    return EventIn(id_, at_ms, "fill", raw, user, vault, item_id)


def fill(journal: Journal, events: int) -> int:
    """Archives as a refresh does, a transaction per page; the stream's number."""
    state = begin_stream(journal, SOURCE, "item usages", START_MS)
    position = state.position
    for number, page in enumerate(pages(events), start=1):
        after, position = position, f"p{number}"
        store_page(journal, state.no, PageIn(page, after, position, page[-1].at_ms + 1))
    return state.no


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        with open_journal(path) as journal:
            made = time.perf_counter()
            for _ in pages(events):
                pass
            begun = time.perf_counter()
            stream = fill(journal, events)
            took = time.perf_counter() - begun - (begun - made)
            size = path.stat().st_size
            print(f"archived {events:,} events in {took:.2f} s: {events / took:,.0f} rows/s")
            print(f"file {size / 1e6:.1f} MB, {size / events:.0f} bytes an event")
            again = time.perf_counter()
            _repeat(journal, stream, events)
            took = time.perf_counter() - again
            print(f"one page again, all known: {took * 1000:.1f} ms")
            check = time.perf_counter()
            report = journal.verify_chain()
            print(f"chain and pages checked: {time.perf_counter() - check:.2f} s, {report.entries} "
                  f"entries, unbroken: {report.unbroken}")  # fmt: skip
        with open_journal(path, read_only=True) as journal:
            _ask(journal, stream)


def _repeat(journal: Journal, stream: int, events: int) -> None:
    page = next(pages(events))
    position = begin_stream(journal, SOURCE, "item usages", START_MS).position
    stored = store_page(journal, stream, PageIn(page, position, "again", START_MS))
    if stored.new:
        raise RuntimeError(f"{stored.new} events were archived twice")


def _ask(journal: Journal, stream: int) -> None:
    busy, quiet = f"USER{3:022d}", f"USER{PEOPLE - 1:022d}"
    vault = f"vault{7:021d}"
    month = Within(since_ms=START_MS + 90 * 86_400_000, limit=1_000)
    questions: dict[str, Callable[[], object]] = {
        "coverage": lambda: coverage(journal),
        "newest event": lambda: newest_event(journal, stream),
        "counts by day, 120 days": lambda: counts_by_day(
            journal, stream, since_ms=START_MS, until_ms=START_MS + 120 * 86_400_000
        ),
        "100 newest events of a busy user": lambda: events_of_user(journal, busy),
        "events of a quiet user, 30 days": lambda: events_of_user(journal, quiet, month),
        "1,000 events of a vault, 30 days": lambda: events_of_vault(journal, vault, month),
        "last item use, busy user and vault": lambda: last_item_use(journal, busy, vault),
        "vaults a busy user used": lambda: vaults_used(journal, busy),
        "users of a vault": lambda: users_of_vault(journal, vault),
        "items to rotate, busy user, 30 days": lambda: items_used(journal, busy, month),
        "how many of them": lambda: items_used_count(journal, busy, month),
    }
    for name, ask in questions.items():
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            answer = ask()
            times.append(time.perf_counter() - begun)
        rows = f"{len(answer):,} rows" if isinstance(answer, tuple) else "one"
        print(f"{name:<38} {statistics.median(times) * 1000:8.2f} ms  {rows}")


if __name__ == "__main__":
    main()
