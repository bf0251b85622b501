"""A cache with as many made-up people as wanted, for benchmarks. Prints how long each part took.

`uv run python -m tests.bench.cache_100k [people]` builds one in a temporary directory, then times
the reads of the dashboard's first paint and of its lists.
"""

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Email,
    Grant,
    Group,
    Level,
    Listing,
    MachineIdentity,
    Membership,
    PrincipalKind,
    Side,
    SourceIdentity,
    Vault,
)
from keyturn_storage.filters import Field, Filter, Term
from keyturn_storage.queries.findings import drift_counts
from keyturn_storage.queries.grants import grant_rows
from keyturn_storage.queries.groups import group_nos, group_rows
from keyturn_storage.queries.persons import (
    first_people,
    person_by_text,
    person_count,
    person_nos,
    person_rows,
)
from keyturn_storage.queries.reader import Asked, Reader, Scope, open_reader
from keyturn_storage.queries.sources import source_rows
from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn
from keyturn_storage.snapshots import Cache, open_cache
from keyturn_storage.staging import StagedRecord

DIRECTORY = SourceIdentity("okta", "scim", Side.DIRECTORY, "bench-directory")
SECRETS = SourceIdentity("vault", "openbao", Side.SECRETS, "bench-secrets")
FIRST = ("Ana", "Dana", "Ravi", "Lea", "Søren", "Łucja", "Ольга", "Νίκος", "明", "Zoë", "Ngọc")
LAST = ("Okafor", "Menon", "Baum", "Silva", "Ng", "Иванова", "García", "Şahin", "李", "Kim")
KINDS = ("direct grant", "grant not in policy", "missing grant", "renamed", "stuck invite")
OF_GROUPS = ("membership not in directory", "missing membership")
PAGE = 1_000
NOW_MS = 1_800_000_000_000


def build(
    path: Path,
    people: int = 100_000,
    groups: int = 400,
    vaults: int = 60,
    *,
    each: int = 10,
    findings: int = 0,
    machines: int = 0,
) -> None:
    """Fills the cache at `path`: both sides sealed and complete, `each` memberships a person on
    either side, one person in 500 a leaver, and `findings` further ones, of which one in four is
    about a group; and so many machine identities of the secret manager. The same arguments give
    the same cache."""
    chance = random.Random(people)
    names = [
        f"{chance.choice(FIRST)} {chance.choice(LAST)} {number:06d}" for number in range(people)
    ]
    accounts = [_account(number, name) for number, name in enumerate(names)]
    leavers = set(chance.sample(range(people), max(1, people // 500)))
    members = [sorted(chance.sample(range(groups), min(each, groups))) for _ in range(people)]
    inside: list[list[int]] = [[] for _ in range(groups)]
    for number, own in enumerate(members):
        for group in own:
            inside[group].append(number)
    with open_cache(path) as cache:
        here = _side(cache, DIRECTORY, "d", accounts, leavers, inside, 0, 0)
        there = _side(cache, SECRETS, "s", accounts, set(), inside, vaults, machines)
        _assess(cache, here, there, names, leavers, groups, findings)


def _account(number: int, name: str) -> Account:
    login = f"user{number:06d}"
    return Account(
        id="",
        name=login,
        display_name=name,
        state=AccountState.ACTIVE,
        emails=(Email(f"{login}@acme.example", True),),
        department=f"Department {number % 40}",
        title="Engineer",
    )


def _side(
    cache: Cache,
    source: SourceIdentity,
    mark: str,
    accounts: Sequence[Account],
    off: set[int],
    inside: Sequence[Sequence[int]],
    vaults: int,
    machines: int,
) -> int:
    snapshot_id = cache.begin(source, NOW_MS - 60_000)

    def put(collection: Collection, parent_id: str, records: Iterator[StagedRecord]) -> None:
        rows = 0
        while page := list(islice(records, PAGE)):
            rows += len(page)
            cache.stage(snapshot_id, page, collection=collection, parent_id=parent_id)
        cache.end_listing(
            snapshot_id, Listing(collection, parent_id, True, f"all {rows} came", "", rows)
        )

    put(Collection.ACCOUNTS, "", (
        Account(
            id=f"{mark}{number:06d}",
            name=account.name,
            display_name=account.display_name,
            state=AccountState.SUSPENDED if number in off else account.state,
            emails=account.emails,
            department=account.department,
            title=account.title,
        )
        for number, account in enumerate(accounts)
    ))  # fmt: skip
    put(Collection.GROUPS, "", (
        Group(f"{mark}g{number:04d}", f"group-{number:04d}") for number in range(len(inside))
    ))  # fmt: skip
    for number, own in enumerate(inside):
        group_id = f"{mark}g{number:04d}"
        put(Collection.MEMBERSHIPS, group_id, (
            Membership(group_id, f"{mark}{member:06d}") for member in own
        ))  # fmt: skip
    put(Collection.VAULTS, "", (
        Vault(f"v{number:03d}", f"Vault {number:03d}") for number in range(vaults)
    ))  # fmt: skip
    for number in range(vaults):
        put(Collection.GRANTS, f"v{number:03d}", (
            Grant(
                f"v{number:03d}",
                PrincipalKind.GROUP,
                f"{mark}g{group:04d}",
                Level.READ,
                f"group/{group:04d}/policy/p{number:03d}",
            )
            for group in range(number % 7, len(inside), 7)
        ))  # fmt: skip
    put(Collection.MACHINES, "", (
        MachineIdentity(
            f"m{number:05d}", f"robot-{number:05d}", ("token", "approle")[number % 2],
            f"s{number:06d}" if number % 3 else None, scopes=(f"vault-{number % 60:03d} read",),
        )
        for number in range(machines)
    ))  # fmt: skip
    cache.seal(snapshot_id, NOW_MS, ("made up",))
    return snapshot_id


def _assess(
    cache: Cache,
    here: int,
    there: int,
    names: Sequence[str],
    leavers: set[int],
    groups: int,
    more: int,
) -> None:
    also = Counter(number % len(names) for number in range(more))
    drifted = max(1, groups // 3)
    of_group = Counter(number % drifted for number in range(more) if number % 4 == 0)
    people = [
        PersonIn(
            f"d:d{number:06d}",
            name,
            f"d{number:06d}",
            f"s{number:06d}",
            "verified e-mail",
            "!" if number in leavers else "-" if number in also else "=",
            0 if number in leavers else 2 if number in also else 9,
            int(number in leavers) + also[number],
        )
        for number, name in enumerate(names)
    ]
    links = [
        GroupLinkIn(
            f"g{number:04d}",
            f"group-{number:04d}",
            f"dg{number:04d}",
            f"sg{number:04d}",
            True,
            "-" if of_group[number] else "=",
            of_group[number],
        )
        for number in range(groups)
    ]
    findings = [
        FindingIn(
            f"{number:012x}",
            "leaver still active",
            "urgent",
            0,
            "!",
            f"d:d{number:06d}",
            f"secrets/account/s{number:06d}",
            names[number],
            "",
            "",
            f"{names[number]} is off in the directory and active in the secret manager.",
            "{}",
        )
        for number in sorted(leavers)
    ]
    findings += [_further(number, names, drifted) for number in range(more)]
    cache.store_assessment(here, there, NOW_MS, people, links, findings)


def _further(number: int, names: Sequence[str], drifted: int) -> FindingIn:
    """One more finding: of a person and a vault, or for one in four, a group."""
    no, vault, group = number % len(names), number % 60, number % drifted
    of_group = number % 4 == 0
    return FindingIn(
        f"{number + (1 << 40):012x}",
        (OF_GROUPS[number // 4 % len(OF_GROUPS)] if of_group else KINDS[number % len(KINDS)]),
        "medium",
        2,
        "-",
        f"d:d{no:06d}",
        f"secrets/account/s{no:06d}",
        names[no],
        f"secrets/group/sg{group:04d}" if of_group else f"secrets/vault/v{vault:03d}",
        f"group-{group:04d}" if of_group else f"Vault {vault:03d}",
        f"{names[no]} has a {'membership' if of_group else 'grant'} that the policy does not give.",
        "{}",
    )


def _first_paint(reader: Reader) -> None:
    source_rows(reader)
    drift_counts(reader)
    person_count(reader)
    first_people(reader, 60)


def _timed(what: str, work: Callable[[], object], times: int = 7) -> None:
    taken: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    print(f"{what:<44} {statistics.median(taken):9.2f} ms   first {taken[0]:9.2f} ms")


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.db"
        start = time.perf_counter()
        build(path, people)
        print(f"built {people} people in {time.perf_counter() - start:.1f} s, "
              f"{path.stat().st_size / 1e6:.0f} MB")  # fmt: skip
        with open_cache(path) as cache:
            latest = cache.latest(DIRECTORY.name)
            if latest is not None:
                _timed("load the directory's snapshot", lambda: cache.load(latest.id), 1)
        with open_reader(path) as reader:
            key = first_people(reader, 1)[0].key
            nos = person_nos(reader)
            group = group_rows(reader, group_nos(reader)[:1])[0].key
            _timed("first paint: header and 60 people", lambda: _first_paint(reader))
            _timed("ids of all people", lambda: person_nos(reader))
            _timed("ids of people with drift", lambda: person_nos(reader, Scope(drift_only=True)))
            _timed("a page of 60 people", lambda: person_rows(reader, nos[50_000:50_060]))
            found = Asked(Filter((Term(Field.ANY, ("user05",)),)))
            _timed("filter all people", lambda: person_nos(reader, asked=found))
            _timed("people by text", lambda: person_by_text(reader, "user0500", 20), 3)
            _timed("groups of a person", lambda: group_nos(reader, Scope(person_key=key)))
            _timed("people of a group", lambda: person_nos(reader, Scope(group_key=group)), 3)
            _timed("people on a vault", lambda: person_nos(reader, Scope(vault_id="v001")), 3)
            _timed("grants of a person", lambda: grant_rows(reader, (), Scope(person_key=key)), 1)


if __name__ == "__main__":
    main()
