"""Turns every failure into one message (who, what, why, what next) and an exit code."""

from collections.abc import Callable
from pathlib import Path

from keyturn.cli.exit_codes import Exit
from keyturn_providers.errors import Misconfigured, ProviderError, ReadOnly
from keyturn_providers.text import safe

Say = Callable[[str], None]


class VerbFailed(Exception):
    """A verb's own failure: the message is complete, the code is the one to exit with."""

    def __init__(self, code: Exit, message: str) -> None:
        self.code = code
        super().__init__(message)


def explain(failure: Exception, say: Say, data: Path | None = None) -> Exit:
    """Says what failed and returns the exit code. What nobody foresaw gets a redacted report,
    in `data` if that is given."""
    code = _code_of(failure)
    if code is not None:
        for line in str(failure).splitlines():
            say(safe(line, limit=4000))
        return code
    from keyturn.tui.crash import write_report
    from keyturn_storage.files import data_dir

    try:
        report = write_report(failure, data or data_dir())
    except Exception:  # noqa: BLE001 - the report is a help; the failure is what must be said
        report = None
    where = f"A report without any values is in {report}." if report else "No report could be kept."
    say(
        f"keyturn: keyturn itself failed ({type(failure).__name__}). {where} "
        "What was being applied is in the journal: keyturn resume goes on with it."
    )
    return Exit.CRASH


def _code_of(failure: Exception) -> Exit | None:
    if isinstance(failure, VerbFailed):
        return failure.code
    if isinstance(failure, ReadOnly):
        return Exit.REFUSED
    if isinstance(failure, Misconfigured):
        return Exit.USAGE
    if isinstance(failure, ProviderError):
        return Exit.INCOMPLETE
    return _code_of_ours(failure)


def _code_of_ours(failure: Exception) -> Exit | None:
    """The codes of what is imported only when something has failed."""
    from keyturn.decide.planfile import PlanFileError
    from keyturn.demo.processes import DemoError, DemoNotInstalled
    from keyturn.evidence.bundle import CannotWrite
    from keyturn.evidence.reading import NotABundle
    from keyturn.evidence.run_record import JournalBroken
    from keyturn.evidence.signing import CannotSign
    from keyturn.evidence.subject import NoRuns, WhichPerson
    from keyturn.policy.problems import PolicyInvalid
    from keyturn.run.admission import NotAdmitted
    from keyturn.run.assess import NothingRead
    from keyturn.run.cases import NobodyToPutOut, NoSuchCase
    from keyturn.run.giving_up import CannotGiveUp
    from keyturn.run.leavers import WrongDecision
    from keyturn.run.persons import NoSuchPerson
    from keyturn.run.runs_done import NoSuchRun, StillOpen
    from keyturn.run.undo import NotOfThisRun
    from keyturn.settings import ConfigNotFound
    from keyturn_storage.errors import (
        LeaseHeld,
        LeaseLost,
        PlanAlreadyRun,
        StorageBusy,
        StorageRefused,
    )

    codes: tuple[tuple[type[Exception], Exit], ...] = (
        (ConfigNotFound, Exit.USAGE),
        (PolicyInvalid, Exit.USAGE),
        (PlanFileError, Exit.USAGE),
        (DemoNotInstalled, Exit.USAGE),
        (DemoError, Exit.INCOMPLETE),
        (CannotSign, Exit.USAGE),
        (JournalBroken, Exit.STORAGE),
        (WhichPerson, Exit.NOT_FOUND),
        (NoRuns, Exit.NOT_FOUND),
        (CannotWrite, Exit.USAGE),
        (NotABundle, Exit.NOT_FOUND),
        (NotAdmitted, Exit.REFUSED),
        (NothingRead, Exit.INCOMPLETE),
        (NoSuchPerson, Exit.NOT_FOUND),
        (NoSuchCase, Exit.NOT_FOUND),
        (WrongDecision, Exit.USAGE),
        (NoSuchRun, Exit.NOT_FOUND),
        (NotOfThisRun, Exit.NOT_FOUND),
        (StillOpen, Exit.STOPPED),
        (CannotGiveUp, Exit.REFUSED),
        (NobodyToPutOut, Exit.REFUSED),
        (LeaseHeld, Exit.LOCKED),
        (LeaseLost, Exit.LOCKED),
        (StorageBusy, Exit.LOCKED),
        (PlanAlreadyRun, Exit.REFUSED),
        (StorageRefused, Exit.STORAGE),
    )
    return next((code for kind, code in codes if isinstance(failure, kind)), None)
