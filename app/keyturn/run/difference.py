"""What differs between two reads of both sources, for everything, a person or a vault."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keyturn.decide.names import fold
from keyturn.run.as_of import AsOf, utc
from keyturn_providers.records import Side
from keyturn_storage import codec
from keyturn_storage.codec import ObjectNo
from keyturn_storage.queries import changes, reach
from keyturn_storage.queries.changes import Between, Change, How, Narrowed, What
from keyturn_storage.queries.moments import SideRead
from keyturn_storage.queries.reach import ReachChange
from keyturn_storage.queries.reader import Reader


class NotOne(Exception):
    """Nobody, nothing, or more than one is called this in the two reads."""

    def __init__(self, text: str, what: str, names: tuple[str, ...]) -> None:
        why = f"{len(names)} are: {', '.join(names[:5])}" if names else "none of them is"
        hint = "Give the id of one." if names else "Check the spelling, or look at other reads."
        super().__init__(
            f"{text}: cannot tell which {what} of the two reads that is: {why}. {hint}"
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a difference is narrowed to: a person's accounts by side, or a vault. `name` is shown;
    without either it is everything."""

    name: str = ""
    accounts: frozenset[int] = frozenset()
    vault_no: int | None = None

    @property
    def narrowed(self) -> Narrowed:
        """The same, as the cache is asked for it."""
        return Narrowed(self.accounts, self.vault_no)


EVERYTHING = Chosen()


@dataclass(frozen=True, slots=True)
class SideDifference:
    """One side: the two snapshots compared, and how many changes of each kind there are."""

    source: str
    side: Side
    between: Between
    counts: Mapping[tuple[What, How], int]


@dataclass(frozen=True, slots=True)
class Difference:
    """The whole of it in numbers. `reach` are the first of `reach_total` differences in who can
    open what, nesting included, where it is narrowed to a person or a vault. `caveats` say in words
    where the comparison is not whole."""

    earlier: AsOf
    later: AsOf
    chosen: Chosen
    sides: tuple[SideDifference, ...]
    reach_total: int
    reach: tuple[ReachChange, ...]
    caveats: tuple[str, ...]

    @property
    def total(self) -> int:
        """All changes of both sides; what somebody can open follows from them, and is not counted
        again."""
        return sum(sum(side.counts.values()) for side in self.sides)

    def count(self, what: What, how: How) -> int:
        """Of both sides."""
        return sum(side.counts.get((what, how), 0) for side in self.sides)


def difference(
    reader: Reader, one: AsOf, other: AsOf, chosen: Chosen = EVERYTHING, *, limit: int = 2_000
) -> Difference:
    """Compares two reads, whichever is the earlier."""
    earlier, later = sorted((one, other), key=lambda x: (x.pair[0] + x.pair[1], x.asked_ms))
    sides: list[SideDifference] = []
    caveats: list[str] = []
    total, found = 0, list[ReachChange]()
    for before, after in zip(earlier.moment.then, later.moment.then, strict=True):
        if before is None or after is None:
            continue
        caveats += _caveats(before, after)
        if before.source_no != after.source_no:
            continue
        first, last = sorted((before, after), key=lambda x: x.snapshot_id)
        between = Between(after.source_no, first.snapshot_id, last.snapshot_id)
        counts = changes.change_counts(reader, between, chosen.narrowed)
        sides.append(SideDifference(after.source, after.side, between, counts))
        if after.side is Side.SECRETS:
            total, found = _reach(reader, between, chosen, limit)
    return Difference(earlier, later, chosen, tuple(sides), total, tuple(found), tuple(caveats))


def changes_of(
    reader: Reader, found: Difference, *, limit: int = 2_000
) -> Iterator[tuple[SideDifference, Change]]:
    """The changes one by one: by what they are, the directory's first; at most `limit` of a kind
    and side."""
    for what in What:
        for side in found.sides:
            if not any(side.counts.get((what, how)) for how in How):
                continue
            narrowed = found.chosen.narrowed
            for one in changes.changes(reader, side.between, what, narrowed, limit=limit):
                yield side, one


def seen_ms(reader: Reader, snapshot_id: int) -> int:
    """When a snapshot was begun."""
    row = reader.connection.execute(
        "select started_ms from main.snapshot where id = ?", (snapshot_id,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def choose_person(reader: Reader, one: AsOf, other: AsOf, text: str) -> Chosen:
    """Everybody's accounts that are called so in either read: by id, login, name or address, and
    what is matched with them now. Raises NotOne where these are of several people."""
    found: dict[int, str] = {}
    for no, id_, body in _objects(reader, one, other, ObjectNo.ACCOUNT):
        account = codec.account(id_, body)
        called = (id_, account.name, account.display_name, *(x.address for x in account.emails))
        if fold(text) in map(fold, called):
            found[no] = account.display_name or account.name or id_
    names = {no: (_matched(reader, no), name) for no, name in found.items()}
    people = {accounts for accounts, _ in names.values()}
    if len(people) != 1:
        # One person whose two accounts nobody has matched is told apart by id only.
        raise NotOne(text, "person", tuple(f"{name} ({no})" for no, name in found.items()))
    return Chosen(next(iter(found.values())), next(iter(people)))


def choose_account(reader: Reader, no: int, name: str) -> Chosen:
    """The person an account belongs to now, or only the account."""
    return Chosen(name, _matched(reader, no))


def choose_vault(reader: Reader, one: AsOf, other: AsOf, text: str) -> Chosen:
    """The vault that is called so in either read, by id or name. Raises NotOne."""
    found: dict[int, str] = {}
    for no, id_, body in _objects(reader, one, other, ObjectNo.VAULT):
        name = codec.vault(id_, body).name
        if text == id_:
            return Chosen(name, vault_no=no)
        if fold(name) == fold(text):
            found[no] = name
    if len(found) != 1:
        raise NotOne(text, "vault", tuple(f"{name} ({no})" for no, name in found.items()))
    ((no, name),) = found.items()
    return Chosen(name, vault_no=no)


def _objects(
    reader: Reader, one: AsOf, other: AsOf, kind: ObjectNo
) -> Iterator[tuple[int, str, str]]:
    for snapshot_id in {*one.pair, *other.pair}:
        yield from reader.connection.execute(
            "select o.no, o.id, v.body from main.object o "
            "join main.presence p on p.object_no = o.no join main.version v on v.no = p.version_no "
            "where o.kind = :kind and o.source_no = (select source_no from main.snapshot "
            "where id = :at) and p.from_snapshot <= :at "
            "and (p.to_snapshot is null or p.to_snapshot > :at)",
            {"kind": kind, "at": snapshot_id},
        ).fetchall()


def _matched(reader: Reader, no: int) -> frozenset[int]:
    row = reader.connection.execute(
        "select directory_no, secrets_no from main.person where directory_no = :no "
        "or secrets_no = :no limit 1",
        {"no": no},
    ).fetchone()
    return frozenset({no, *(int(one) for one in row or () if one is not None)})


def _reach(
    reader: Reader, between: Between, chosen: Chosen, limit: int
) -> tuple[int, list[ReachChange]]:
    if chosen.vault_no is not None:
        total, found = reach.reach_changes(reader, between, vault_no=chosen.vault_no, limit=limit)
        return total, list(found)
    total, every = 0, list[ReachChange]()
    for no in sorted(chosen.accounts):
        count, found = reach.reach_changes(reader, between, account_no=no, limit=limit)
        total += count
        every += found
    return total, every


def _caveats(before: SideRead, after: SideRead) -> Iterator[str]:
    if before.source_no != after.source_no:
        yield (
            f"{after.source} was not the source of that side in the earlier read ({before.source} "
            "was): the two cannot be compared."
        )
        return
    for read in dict.fromkeys((before, after)):
        if not read.complete:
            yield (
                f"{read.source} was not read whole {utc(read.started_ms)} ({read.incomplete} of "
                f"{read.listings} listings): what went then may not be seen to have gone."
            )
    if before.snapshot_id == after.snapshot_id:
        yield f"{after.source} was not read again between the two."
