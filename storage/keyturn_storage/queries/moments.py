"""The reads of both sources over time: what was read when, what came of it, and how much drifted.

A moment is one read of each side at the same time, as a refresh does it; where a side was not read
then, the moment has only the other. Snapshots are named through `main.`, so that the answer is the
same while the reader looks at the past.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from keyturn_providers.records import Side
from keyturn_storage.queries.reader import Reader
from keyturn_storage.rows import DriftCounts

SNAPSHOTS_SHOWN = 4_000
"""How many of the newest snapshots are looked at, unless told otherwise."""
SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class SideRead:
    """One side of a moment. `state` is "reading", "sealed" or "abandoned". `listings` and
    `incomplete` count only where the snapshot is not complete."""

    snapshot_id: int
    source_no: int
    source: str
    side: Side
    state: str
    complete: bool
    started_ms: int
    ended_ms: int | None
    listings: int
    incomplete: int
    unreadable: int
    accounts: int
    groups: int
    memberships: int
    vaults: int
    grants: int
    machines: int
    error: str

    @property
    def sealed(self) -> bool:
        """Whether it can be looked at."""
        return self.state == SEALED


@dataclass(frozen=True, slots=True)
class Moment:
    """Both sides as they were read at one time; `no` is the least number of its snapshots.

    `then` are the sides that were the newest at that time: the moment's own where they were sealed,
    else those of an earlier one, None where there was none. `drift` is what was decided from these
    two, None where nothing was.
    """

    no: int
    started_ms: int
    ended_ms: int
    directory: SideRead | None
    secrets: SideRead | None
    then: tuple[SideRead | None, SideRead | None] = (None, None)
    drift: DriftCounts | None = None

    @property
    def sides(self) -> tuple[SideRead, ...]:
        """Those that were read, the directory first."""
        return tuple(one for one in (self.directory, self.secrets) if one is not None)

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two snapshots that everything can be shown from; None where a side is missing."""
        directory, secrets = self.then
        if directory is None or secrets is None:
            return None
        return directory.snapshot_id, secrets.snapshot_id


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """How much had drifted when it was decided at `made_ms`."""

    made_ms: int
    urgent: int
    total: int


_SNAPSHOTS = """
select s.id, c.no, c.name, c.side, s.state, s.complete, s.started_ms, s.ended_ms,
case when s.complete then 0 else
 (select count(*) from main.listing l where l.snapshot_id = s.id) end,
case when s.complete then 0 else
 (select count(*) from main.listing l where l.snapshot_id = s.id and l.complete = 0) end,
s.unreadable, s.accounts, s.groups, s.memberships, s.vaults, s.grants, s.machines, s.error
from main.snapshot s join main.source c on c.no = s.source_no
where s.state <> 'forgotten' order by s.id desc limit ?
"""


def moments(reader: Reader, limit: int = SNAPSHOTS_SHOWN) -> tuple[Moment, ...]:
    """The newest moments, newest first, of at most `limit` snapshots."""
    found = [_side(row) for row in reader.connection.execute(_SNAPSHOTS, (limit,))]
    found.sort(key=lambda one: (one.started_ms, one.snapshot_id))
    drift = _decided(reader, min((one.snapshot_id for one in found), default=0))
    return tuple(reversed(list(_with_drift(_then(_together(found)), drift))))


def snapshots_count(reader: Reader) -> int:
    """How many snapshots `moments` would look at without a limit."""
    asked = "select count(*) from main.snapshot where state <> 'forgotten'"
    return int(reader.connection.execute(asked).fetchone()[0])


def moment_at(found: Sequence[Moment], at_ms: int) -> tuple[Moment | None, Moment | None]:
    """Of moments, newest first: the newest that can be shown and had ended by `at_ms`, and the
    first that began after it. Between the two nothing is known."""
    before = next(
        (one for one in found if one.ended_ms <= at_ms and one.pair and _any_sealed(one)), None
    )
    after: Moment | None = None
    for one in found:
        if one.started_ms <= at_ms or (before is not None and one.no == before.no):
            break
        if one.pair and _any_sealed(one):
            after = one
    return before, after


def drift_points(
    reader: Reader, limit: int = 200, *, until: tuple[int, int] | None = None
) -> tuple[DriftPoint, ...]:
    """What was decided over time, oldest first: at most the newest `limit`, up to the two
    snapshots of `until`."""
    directory, secrets = until if until is not None else (None, None)
    found = reader.connection.execute(
        "select made_ms, urgent, findings from main.decided where :directory is null "
        "or (directory_snapshot <= :directory and secrets_snapshot <= :secrets) "
        "order by made_ms desc, no desc limit :limit",
        {"directory": directory, "secrets": secrets, "limit": limit},
    ).fetchall()
    return tuple(DriftPoint(*row) for row in reversed(found))


def _side(row: Sequence[object]) -> SideRead:
    no, source_no, source, side, state, complete, *rest = row
    return SideRead(
        int(str(no)), int(str(source_no)), str(source), Side(str(side)), str(state),
        bool(complete), *rest,  # type: ignore[arg-type]  # the columns of _SNAPSHOTS, in order
    )  # fmt: skip


def _together(found: Iterable[SideRead]) -> Iterator[Moment]:
    """Reads of different sides that overlap are one moment. `found` is in the order of time."""
    open_one: Moment | None = None
    for read in found:
        if open_one is not None and _fits(open_one, read):
            open_one = replace(
                open_one,
                no=min(open_one.no, read.snapshot_id),
                ended_ms=max(open_one.ended_ms, _end(read)),
                directory=read if read.side is Side.DIRECTORY else open_one.directory,
                secrets=read if read.side is Side.SECRETS else open_one.secrets,
            )
            continue
        if open_one is not None:
            yield open_one
        open_one = Moment(
            read.snapshot_id,
            read.started_ms,
            _end(read),
            read if read.side is Side.DIRECTORY else None,
            read if read.side is Side.SECRETS else None,
        )
    if open_one is not None:
        yield open_one


def _fits(moment: Moment, read: SideRead) -> bool:
    taken = moment.directory if read.side is Side.DIRECTORY else moment.secrets
    going_on = any(one.state == "reading" for one in moment.sides)
    return taken is None and (going_on or read.started_ms <= moment.ended_ms)


def _end(read: SideRead) -> int:
    return read.started_ms if read.ended_ms is None else max(read.started_ms, read.ended_ms)


def _then(found: Iterable[Moment]) -> Iterator[Moment]:
    directory: SideRead | None = None
    secrets: SideRead | None = None
    for moment in found:
        if moment.directory is not None and moment.directory.sealed:
            directory = moment.directory
        if moment.secrets is not None and moment.secrets.sealed:
            secrets = moment.secrets
        yield replace(moment, then=(directory, secrets))


def _with_drift(
    found: Iterable[Moment], drift: dict[tuple[int, int], DriftCounts]
) -> Iterator[Moment]:
    for moment in found:
        own = moment.pair is not None and _any_sealed(moment)
        yield replace(moment, drift=drift.get(moment.pair) if own and moment.pair else None)


def _any_sealed(moment: Moment) -> bool:
    return any(one.sealed for one in moment.sides)


def _decided(reader: Reader, least: int) -> dict[tuple[int, int], DriftCounts]:
    found = reader.connection.execute(
        "select directory_snapshot, secrets_snapshot, urgent, findings from main.decided "
        "where directory_snapshot >= ? and secrets_snapshot >= ?",
        (least, least),
    )
    return {(int(d), int(s)): DriftCounts(int(u), int(n)) for d, s, u, n in found}
