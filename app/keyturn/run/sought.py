"""What a source's audit log is asked for, to prove one operation."""

import json
from collections.abc import Mapping

from keyturn.decide.context import ABILITY_OF
from keyturn.decide.findings import ChangeKind, Ref
from keyturn.decide.plans import Operation
from keyturn.decide.run_done import request_ids_in
from keyturn.decide.watched import bringing_back
from keyturn_providers.abilities import Ability, Sought
from keyturn_storage.rows import StepRow


def sought_by(operation: Operation, step: StepRow) -> Sought:
    """The evidence that the call of `operation` should have left, from its record in the journal.

    The time is that of the first intent: whatever was logged before it is somebody else's doing, as
    is what another account did than the one keyturn had then.
    """
    change = operation.change
    return Sought(
        operation_id=operation.id,
        ability=Ability(ABILITY_OF[change.kind]),
        not_before_ms=intended_ms(step),
        # Of an invitation only the address is known in the source: the account is the directory's.
        account_id="" if change.kind is ChangeKind.PROVISION else _id(change.account),
        group_id=_id(change.group),
        session_id=change.session_id,
        principal_kind=change.principal_kind,
        principal_id=_id(change.principal),
        vault_ids=tuple(vault.id for vault in change.vaults),
        carrier=change.carrier,
        subject=change.email,
        request_ids=request_ids_in(step.outcome),
        actor_ids=_accounts(step),
    )


def sought_again(operation: Operation, name: str, not_before_ms: int) -> Sought | None:
    """What whoever brought back what `operation` cut should have left; `name` is given back with
    it. None for what cannot come back."""
    change = bringing_back(operation.change)
    if change is None:
        return None
    return Sought(
        operation_id=name,
        ability=Ability(ABILITY_OF[change.kind]),
        not_before_ms=not_before_ms,
        account_id=_id(change.account),
        group_id=_id(change.group),
        principal_kind=change.principal_kind,
        principal_id=_id(change.principal),
        vault_ids=tuple(vault.id for vault in change.vaults),
        carrier=change.carrier,
        by_anyone=True,
    )


def intended_ms(step: StepRow) -> int:
    """When the call was first meant to be made."""
    told = _intent(step).get("first_ms")
    return told if isinstance(told, int) else step.at_ms


def _accounts(step: StepRow) -> tuple[str, ...]:
    """The accounts that sent it; none unless all of them are known."""
    told = _intent(step).get("as")
    accounts = tuple(str(one) for one in told) if isinstance(told, list) else ()
    return accounts if all(accounts) else ()


def _intent(step: StepRow) -> Mapping[str, object]:
    found: Mapping[str, object] = json.loads(step.intent) if step.intent else {}
    return found


def _id(ref: Ref | None) -> str:
    return ref.id if ref else ""
