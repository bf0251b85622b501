"""What storage refuses and why. Each message says who, what, why and what to do next."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn_storage.rows import LeaseRow


class StorageRefused(Exception):
    """The file cannot be used as it is. Nothing was changed.

    `who` is the file or directory, `what` the thing attempted.
    """

    def __init__(self, who: str, what: str, why: str, next_step: str) -> None:
        self.who = who
        self.what = what
        self.why = why
        self.next_step = next_step
        super().__init__(f"{who}: {what}: {why} {next_step}".strip())


class NewerFile(StorageRefused):
    """The file was written by a newer keyturn. `migration` is the first one we do not know."""

    def __init__(self, who: str, migration: str) -> None:
        self.migration = migration
        super().__init__(
            who,
            "cannot open",
            f"it was written by a newer keyturn (it has the step {migration!r}, unknown here).",
            "Use that newer keyturn, or another data directory (--data-dir, KEYTURN_DATA).",
        )


class OlderFile(StorageRefused):
    """The file was written by an older keyturn, and reading alone does not change it."""


class StorageBusy(StorageRefused):
    """Another keyturn held the file for longer than we wait. Nothing was written."""


class TenantDiffers(StorageRefused):
    """Stored snapshots of this source are of another tenant. Nothing may be compared or done."""


class SnapshotOvertaken(StorageRefused):
    """A newer snapshot of the same source was sealed first. This one is now abandoned."""


class PageOvertaken(StorageRefused):
    """Another process archived this part of an event stream first. Nothing was written."""


class PlanAlreadyRun(StorageRefused):
    """A run of the same plan is in the journal: its operations keep their one record. Nothing was
    written."""


class LeaseLost(Exception):
    """The lease this write rested on is no longer held. Nothing was written; stop working."""

    def __init__(self, generation: int, now_held: "tuple[LeaseRow, ...]") -> None:
        self.generation = generation
        self.now_held = now_held
        taken = "; ".join(f"{row.target} by {row.holder} on {row.host}" for row in now_held)
        super().__init__(
            "journal: cannot go on: the lease of this run ran out"
            + (f" and was taken over ({taken})" if taken else "")
            + ". Nothing more was done. Look at the other run, then use `keyturn resume`."
        )


class LeaseHeld(Exception):
    """Somebody else works on the same target. `lease` says who, where, since when, doing what; the
    message is made of `who`, `what`, `why` and `next_step`."""

    def __init__(self, lease: "LeaseRow", since: str, until: str) -> None:
        self.lease = lease
        self.who, self.what = _target_words(lease.target), "cannot start"
        self.why = (
            f"another keyturn is at work on it: {lease.holder} on {lease.host}, "
            f"process {lease.pid}, since {since}: {lease.operation}."
        )
        self.next_step = (
            f"Wait for it to end, or stop it there. If that machine is lost, the lease runs out at "
            f"{until}."
        )
        super().__init__(f"{self.who}: {self.what}: {self.why} {self.next_step}")


_SIDES = {"directory": "the directory", "secrets": "the secret manager"}


def _target_words(target: str) -> str:
    """`directory/account/00u1` as one says it; what is not of this form stays as it is."""
    side, _, rest = target.partition("/")
    kind, _, its_id = rest.partition("/")
    return f"{kind} {its_id} of {_SIDES[side]}" if side in _SIDES and its_id else target
