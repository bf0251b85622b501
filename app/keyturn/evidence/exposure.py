"""The exposure window: how long a person could still get in after the moment they left."""

from collections.abc import Sequence

from keyturn.decide.findings import ChangeKind
from keyturn.evidence.moments import minutes_between, utc
from keyturn.evidence.pack import ExposureTold
from keyturn.evidence.run_record import StepRecord
from keyturn_providers.records import Account

_CUTS = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE})


def exposure(
    steps: Sequence[StepRecord],
    account: Account | None,
    left_ms: int | None,
    read_ms: int,
    source: str,
) -> ExposureTold:
    """The window in one source, from `left_ms` to the first verified cut of the account.

    `steps` are those of this source, `account` as it was read at `read_ms` for the plan. Without a
    leave time the cut is told, and no minutes.
    """
    cuts = [step for step in steps if step.operation.change.kind in _CUTS]
    proven = [found for step in cuts if (found := step.proven_ms) is not None]
    last_ms, unproven = _last(steps)
    last = utc(last_ms) if last_ms is not None and not unproven else None
    last_minutes = (
        minutes_between(left_ms, last_ms)
        if left_ms is not None and last_ms is not None and not unproven
        else None
    )
    rest = f" {unproven} of {len(steps)} steps here are not proven." if unproven else ""
    if account is not None and account.state.is_off:
        minutes = None if left_ms is None else minutes_between(left_ms, read_ms)
        words = (
            f"The account was {account.state.value} already when it was read at {utc(read_ms)}; "
            f"since when is not known to this report.{rest}"
        )
        return ExposureTold(minutes, False, True, utc(read_ms), last, last_minutes, words)
    if proven:
        cut_ms = min(proven)
        minutes = None if left_ms is None else minutes_between(left_ms, cut_ms)
        words = _closed(cut_ms, left_ms, minutes) + rest
        return ExposureTold(minutes, False, False, utc(cut_ms), last, last_minutes, words)
    if cuts:
        words = f"Open: the cut of the account in {source} is not proven.{rest}"
        return ExposureTold(None, True, False, None, last, last_minutes, words)
    if account is None:
        words = f"No account of this person in {source} is known to this report.{rest}"
        return ExposureTold(None, False, False, None, last, last_minutes, words)
    words = f"Open: the account in {source} was {account.state.value}, and no step cuts it.{rest}"
    return ExposureTold(None, True, False, None, last, last_minutes, words)


def _closed(cut_ms: int, left_ms: int | None, minutes: int | None) -> str:
    if left_ms is None or minutes is None:
        return f"Cut and verified at {utc(cut_ms)}. No leave time was stated, so no minutes."
    if cut_ms <= left_ms:
        before = minutes_between(cut_ms, left_ms)
        return f"Cut and verified {before} min before the leave time, at {utc(cut_ms)}."
    return f"{minutes} min from leave time to verified cut at {utc(cut_ms)}."


def _last(steps: Sequence[StepRecord]) -> tuple[int | None, int]:
    """When the last step was verified, and how many are not."""
    found = [step.proven_ms for step in steps]
    proven = [at_ms for at_ms in found if at_ms is not None]
    return max(proven, default=None), len(found) - len(proven)
