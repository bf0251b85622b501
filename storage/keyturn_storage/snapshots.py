"""The cache: snapshots of the sources, stored so that each can be looked at as of its moment."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from keyturn_providers.records import (
    Collection,
    Listing,
    PermissionRules,
    Side,
    Snapshot,
    SourceIdentity,
)
from keyturn_storage import (
    assessments,
    invariants,
    load,
    retention,
    seal,
    snapshot_rows,
    source_rows,
    staging,
)
from keyturn_storage.clock import now_ms
from keyturn_storage.connections import connect, settle_cache, unchecked_keys, writing
from keyturn_storage.errors import SnapshotOvertaken, TenantDiffers
from keyturn_storage.files import check_file, create_private
from keyturn_storage.migrations import is_current, migrate
from keyturn_storage.processes import Probe, Process, is_dead, start_of, this_process
from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn, SnapshotInfo, SourceRow
from keyturn_storage.schema_cache import CACHE
from keyturn_storage.staging import StagedRecord


class Cache:
    """One writing connection to the cache. Use it in the thread that opened it, and close it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        staging.prepare(connection)
        seal.prepare(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice. What was staged and not sealed is gone."""
        self._connection.close()

    def begin(self, source: SourceIdentity, started_ms: int) -> int:
        """Begins a snapshot and gives its id (ids grow, and are never used again).

        Believed afterwards: a refresh is going on; earlier snapshots stand as they are. Raises
        TenantDiffers where the stored snapshots of this name are of another tenant or kind.
        """
        me = this_process()
        with writing(self._connection, self.path) as connection:
            source_no = self._source_no(connection, source)
            made = connection.execute(
                "insert into snapshot (source_no, state, started_ms, host, pid, process_start) "
                "values (?, 'reading', ?, ?, ?, ?)",
                (source_no, started_ms, me.host, me.pid, me.start),
            )
            return int(made.lastrowid or 0)

    def stage(
        self,
        snapshot_id: int,
        records: Sequence[StagedRecord],
        *,
        collection: Collection,
        parent_id: str = "",
    ) -> None:
        """Keeps one page of a listing aside. Nothing is believed of it until the seal.

        `parent_id` is the group of MEMBERSHIPS and the vault of GRANTS. A record that comes twice
        in a listing counts once, the later one. Raises ValueError for a record of another listing.
        """
        staging.stage(self._connection, snapshot_id, records, collection, parent_id)

    def end_listing(self, snapshot_id: int, listing: Listing) -> None:
        """Says how a listing ended. `rows` counts the records understood, `unreadable` the others.

        A listing that is not ended by this call closes nothing, like an incomplete one.
        """
        staging.end_listing(self._connection, snapshot_id, listing)

    def seal(
        self,
        snapshot_id: int,
        ended_ms: int,
        blind_spots: Sequence[str] = (),
        permission_rules: PermissionRules | None = None,
    ) -> SnapshotInfo:
        """Makes the snapshot the source's newest, in one transaction.

        Inside a complete listing, rows that were not seen end here; anywhere else they stay as
        last known. An Unreadable with an id keeps that object's rows (for GRANTS: those with that
        carrier or principal); one without makes its listing incomplete. When a group or vault is
        gone, its memberships or grants go with it. The snapshot is complete if all listings are,
        and every group and vault held to be there was listed.

        Believed afterwards: all of it; after a crash before, the snapshot before this one.
        Raises SnapshotOvertaken where a newer one was sealed meanwhile, ValueError for a snapshot
        that is not being read.
        """
        source_no = self._reading(snapshot_id)
        with unchecked_keys(self._connection), writing(self._connection, self.path) as connection:
            newer = connection.execute(
                "select id from snapshot where source_no = ? and state = 'sealed' and id > ? "
                "limit 1",
                (source_no, snapshot_id),
            ).fetchone()
            if newer is None:
                seal.turn_into_rows(connection, snapshot_id, source_no)
                snapshot_rows.finish(
                    connection,
                    snapshot_id,
                    source_no,
                    ended_ms,
                    tuple(blind_spots),
                    permission_rules,
                    invariants.check(connection, snapshot_id, source_no),
                    complete=invariants.is_complete(connection, snapshot_id, source_no),
                )
        if newer is not None:
            self.abandon(snapshot_id, f"snapshot {newer[0]}, begun later, was sealed first")
            raise SnapshotOvertaken(
                str(self.path),
                f"cannot seal snapshot {snapshot_id}",
                f"another keyturn refreshed the same source meanwhile (snapshot {newer[0]}).",
                "Its snapshot is the newer one and is used; refresh again if you need another.",
            )
        staging.drop(self._connection, snapshot_id)
        info = self.info(snapshot_id)
        if info is None:
            raise ValueError(f"snapshot {snapshot_id} is not in the cache")
        return info

    def abandon(self, snapshot_id: int, error: str) -> None:
        """Gives a snapshot up. Believed afterwards: it was begun and failed with `error`; the
        snapshot before it is still the newest."""
        self._reading(snapshot_id)
        with writing(self._connection, self.path) as connection:
            connection.execute(
                "update snapshot set state = 'abandoned', error = ?, ended_ms = ? where id = ?",
                (error, now_ms(), snapshot_id),
            )
        staging.drop(self._connection, snapshot_id)

    def recover(self, *, probe: Probe = start_of) -> tuple[int, ...]:
        """Abandons snapshots that a process on this machine left behind when it ended.

        Their staged rows went with that process. Returns their ids.
        """
        me = this_process()
        with writing(self._connection, self.path) as connection:
            found = connection.execute(
                "select id, host, pid, process_start from snapshot where state = 'reading'"
            ).fetchall()
            dead = [
                int(id_)
                for id_, host, pid, start in found
                if is_dead(Process(host, pid, start), me.host, probe)
            ]
            connection.executemany(
                "update snapshot set state = 'abandoned', error = ? where id = ?",
                [("the refresh ended without finishing", id_) for id_ in dead],
            )
        return tuple(dead)

    def info(self, snapshot_id: int) -> SnapshotInfo | None:
        """One snapshot without its rows."""
        return snapshot_rows.info(self._connection, snapshot_id)

    def latest(self, source_name: str, *, complete_only: bool = False) -> SnapshotInfo | None:
        """The newest sealed snapshot of a source, or the newest complete one."""
        return snapshot_rows.latest(self._connection, source_name, complete_only=complete_only)

    def snapshots(self, source_name: str) -> tuple[SnapshotInfo, ...]:
        """Every snapshot of a source, newest first, abandoned ones too."""
        return snapshot_rows.all_of(self._connection, source_name)

    def largest_before(
        self, source_name: str, snapshot_id: int, since_ms: int
    ) -> tuple[int, int, int, int] | None:
        """What a source held at most in its complete snapshots before this one, back to `since_ms`
        and at least in the last one: accounts, groups, memberships, grants. For the shrink guard,
        which a broken source must not pass by being read twice."""
        return snapshot_rows.largest_before(self._connection, source_name, snapshot_id, since_ms)

    def load(self, snapshot_id: int) -> Snapshot:
        """A sealed snapshot with all its rows, as of its moment. Rows under an incomplete listing
        are the last ones known. Raises ValueError for one that is not sealed."""
        return load.load(self._connection, snapshot_id)

    def sources(self) -> tuple[SourceRow, ...]:
        """The newest sealed snapshot of each source, directory side first."""
        return source_rows.sources(self._connection)

    def store_assessment(
        self,
        directory_snapshot: int,
        secrets_snapshot: int,
        made_ms: int,
        people: Sequence[PersonIn],
        groups: Sequence[GroupLinkIn],
        findings: Sequence[FindingIn],
    ) -> None:
        """Replaces the people, group links and findings, in one transaction.

        A key keeps its `no`; a finding that was there before keeps its `since_ms`. Believed
        afterwards: exactly these, as decided from those two snapshots. Raises ValueError where a
        snapshot is not sealed or a key or id comes twice.
        """
        with writing(self._connection, self.path) as connection:
            assessments.store(
                connection,
                directory_snapshot,
                secrets_snapshot,
                made_ms,
                people,
                groups,
                findings,
            )
        self._connection.execute("pragma wal_checkpoint(passive)").fetchall()

    def assessment(self) -> tuple[int, int, int] | None:
        """(directory snapshot, secrets snapshot, made_ms) of what is stored, if anything."""
        return assessments.current(self._connection)

    def forget_before(self, source_name: str, before_ms: int, *, batch: int = 5_000) -> int:
        """Deletes sealed snapshots that ended before `before_ms`; how many. See `retention`. What
        was in them is written over, as far as no other connection still reads it."""
        self._connection.execute("pragma secure_delete=on").fetchall()
        try:
            return retention.forget_before(
                self._connection, self.path, source_name, before_ms, batch=batch
            )
        finally:
            self._connection.execute("pragma secure_delete=off").fetchall()
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()

    def _source_no(self, connection: sqlite3.Connection, source: SourceIdentity) -> int:
        row = connection.execute(
            "select no, kind, side, tenant from source where name = ?", (source.name,)
        ).fetchone()
        if row is None:
            made = connection.execute(
                "insert into source (name, kind, side, tenant) values (?, ?, ?, ?)",
                (source.name, source.kind, source.side, source.tenant),
            )
            return int(made.lastrowid or 0)
        stored = SourceIdentity(source.name, row[1], Side(row[2]), row[3])
        if stored != source:
            raise TenantDiffers(
                source.name,
                "will not refresh",
                f"it now leads to {source.kind} tenant {source.tenant!r}, but the stored snapshots "
                f"are of {stored.kind} tenant {stored.tenant!r}.",
                "Check the address in keyturn.yaml. If the change is meant, give the source "
                f"another name, or move {self.path} away and refresh.",
            )
        return int(row[0])

    def _reading(self, snapshot_id: int) -> int:
        row = self._connection.execute(
            "select source_no from snapshot where id = ? and state = 'reading'", (snapshot_id,)
        ).fetchone()
        if row is None:
            raise ValueError(f"snapshot {snapshot_id} is not being read")
        return int(row[0])


def open_cache(path: Path) -> Cache:
    """Opens the cache, making or migrating it first.

    Raises StorageRefused where others can read it, it is newer or edited, or no cache at all.
    """
    create_private(path)
    check_file(path)
    connection = connect(path)
    try:
        is_current(connection, path, CACHE)
        settle_cache(connection, path)
        migrate(connection, path, CACHE, now_ms)
        return Cache(path, connection)
    except BaseException:
        connection.close()
        raise
