"""Plan files: written for the operator alone, read back only if they are what was written."""

import os
from pathlib import Path

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Invocation
from keyturn.decide.planfile import PlanFileError, from_json, to_json
from keyturn.decide.plans import Plan
from keyturn_storage.files import data_dir


def save_plan(plan: Plan, invocation: Invocation, out: Path | None) -> Path:
    """Writes the plan to `out`, else below the data directory; readable by the operator alone."""
    target = out
    if target is None:
        folder = data_dir(invocation.places().data) / "plans"
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"{plan.id}.json"
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(to_json(plan))
        partial.replace(target)
    except OSError as problem:
        raise VerbFailed(
            Exit.USAGE,
            f"{target}: cannot save the plan: {problem.strerror}. Name another file with --out.",
        ) from None
    return target


def nothing_to_do(plan: Plan) -> Exit:
    """The code of a plan without operations: IN_STEP only if it rests on complete snapshots."""
    whole = all(used.complete for used in plan.snapshots)
    return Exit.IN_STEP if whole else Exit.INCOMPLETE


def read_plan(name: str, invocation: Invocation) -> Plan:
    """The plan in the file `name`, or the saved plan with that id. Raises PlanFileError where the
    file is not what keyturn wrote."""
    saved = invocation.places().plans / f"{name}.json"
    path = saved if name.isalnum() and saved.is_file() else Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise VerbFailed(
            Exit.NOT_FOUND,
            f"{name}: cannot read this plan: {why}. Give the file that keyturn plan named.",
        ) from None
    try:
        return from_json(text)
    except PlanFileError as problem:
        raise PlanFileError(f"{name}: {problem}") from None
