"""A plan as a file: JSON with its own format version, sealed by a SHA-256 over all it says."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from keyturn.decide.order import stage_of
from keyturn.decide.plans import PLAN_FORMAT, Plan
from keyturn.decide.values import NotThatValue, from_plain, to_plain

_CHANGED = (
    "This plan was changed after it was made: its digest does not fit. Plan again; a plan is never "
    "edited."
)


class PlanFileError(Exception):
    """The text is not a plan keyturn may apply. Says why and what to do next."""


def digest(plan: Plan) -> str:
    """SHA-256, in hex, over everything in the plan but `id` and `digest`."""
    return _digest_of(to_plain(replace(plan, id="", digest="")))


def _digest_of(plain: object) -> str:
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def sealed(plan: Plan) -> Plan:
    """The plan with its digest, and the id that is the digest's beginning."""
    full = digest(plan)
    return replace(plan, id=full[:12], digest=full)


def to_json(plan: Plan) -> str:
    """The plan as text that `from_json` takes."""
    return json.dumps(to_plain(plan), indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Plan:
    """The plan that `to_json` wrote. Raises PlanFileError for anything else: another format, a
    field missing or added, a plan that was edited."""
    return _plan(_plain(text))


def _plain(text: str) -> dict[str, object]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise PlanFileError(
            "This is not JSON, so it is no plan. Make it with keyturn plan."
        ) from None
    if not isinstance(plain, dict) or not isinstance(plain.get("format"), int):
        raise PlanFileError("This JSON is no plan of keyturn. Plan again.")
    return plain


def _plan(plain: dict[str, object]) -> Plan:
    if plain["format"] != PLAN_FORMAT:
        raise PlanFileError(
            f"This plan has format {plain['format']}; this keyturn reads format {PLAN_FORMAT}. "
            "Plan again with this version."
        )
    try:
        plan = from_plain(Plan, plain)
    except NotThatValue as problem:
        raise PlanFileError(f"This plan is damaged: {problem}. Plan again.") from None
    if plan != sealed(plan):
        raise PlanFileError(_CHANGED)
    return plan


def recorded(text: str) -> Plan:
    """The plan of a run, from the journal: also one that an older keyturn wrote. What of it was
    sent must be told to its end, though nobody may apply it anew. Raises PlanFileError."""
    plain = _plain(text)
    if plain["format"] != 1:
        return _plan(plain)
    if plain.get("digest") != _digest_of({**plain, "id": "", "digest": ""}):
        raise PlanFileError(_CHANGED)
    try:
        plan = from_plain(Plan, _as_format_2(plain))
    except NotThatValue as problem:
        raise PlanFileError(f"This plan is damaged: {problem}. Plan again.") from None
    return replace(
        plan, operations=tuple(replace(o, stage=int(stage_of(o.change))) for o in plan.operations)
    )


def _as_format_2(plain: dict[str, object]) -> dict[str, object]:
    """A plan of format 1 with what its changes did not say; it stays known as format 1."""
    operations = plain.get("operations")
    if not isinstance(operations, list):
        return plain
    return {**plain, "operations": [_operation_2(operation) for operation in operations]}


def _operation_2(operation: object) -> object:
    if not isinstance(operation, dict):
        return operation
    changes = {key: _change_2(operation.get(key)) for key in ("change", "inverse")}
    return {**operation, **changes}


def _change_2(change: object) -> object:
    added: dict[str, object] = {"permissions": [], "email": "", "after_ms": None}
    return {**change, **added} if isinstance(change, dict) else change


def stale(
    plan: Plan, *, policy_digest: str, tenants: Mapping[str, str], program: str
) -> str | None:
    """Why a plan may not be applied any more, or None. `tenants` are the tenant ids of the sources
    by name, as they answer now. What an operation assumes is checked live, not here."""
    if plan.policy_digest != policy_digest:
        return "The policy was changed since this was planned. Plan again."
    if plan.program != program:
        return (
            f"This was planned by keyturn {plan.program}, and this is {program}. Plan again with "
            "this version."
        )
    for used in plan.snapshots:
        now = tenants.get(used.source)
        if now is None:
            return f"The source {used.source} that this was planned for is not configured any more."
        if now != used.tenant:
            return (
                f"{used.source} is now tenant {now}; this was planned for {used.tenant}. Check the "
                "address in the configuration before anything else."
            )
    return None
