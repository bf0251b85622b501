"""What a source's audit log is asked for, to prove one operation."""

import json

from keyturn.decide.context import ABILITY_OF
from keyturn.decide.findings import ChangeKind, Ref
from keyturn.decide.plans import Operation
from keyturn_providers.contract import Ability, Sought
from keyturn_storage.rows import StepRow


def sought_by(operation: Operation, step: StepRow) -> Sought:
    """The evidence that the call of `operation` should have left, from its record in the journal.

    The time is that of the first intent: whatever was logged before it is somebody else's doing.
    """
    change = operation.change
    return Sought(
        operation_id=operation.id,
        ability=Ability(ABILITY_OF[change.kind]),
        not_before_ms=_intended_ms(step),
        # Of an invitation only the address is known in the source: the account is the directory's.
        account_id="" if change.kind is ChangeKind.PROVISION else _id(change.account),
        group_id=_id(change.group),
        session_id=change.session_id,
        principal_kind=change.principal_kind,
        principal_id=_id(change.principal),
        vault_ids=tuple(vault.id for vault in change.vaults),
        carrier=change.carrier,
        subject=change.email,
        request_ids=tuple(step.outcome.split()[1:]),
    )


def _intended_ms(step: StepRow) -> int:
    intent = json.loads(step.intent) if step.intent else {}
    return int(intent.get("first_ms", step.at_ms))


def _id(ref: Ref | None) -> str:
    return ref.id if ref else ""
