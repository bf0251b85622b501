"""The far side of one simulated connection: every read and write passes here, and its faults."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from keyturn_providers.abilities import (
    Ability,
    Outcome,
    Receipt,
)
from keyturn_providers.contract import RequestSeen, Waiting
from keyturn_providers.errors import ProviderError
from keyturn_providers.heard import Exchange, tell
from keyturn_providers.last_look import last_look
from keyturn_providers.records import AuditEvent
from keyturn_providers.simulated.faults import Effect, Fault, Faults, error_of
from keyturn_providers.simulated.tenant import Call, Tenant, save

T = TypeVar("T")


class When(StrEnum):
    """A moment around a request: before it leaves, and after the tenant acted on it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a request stands. Tests pause, count or die here."""

    when: When
    source: str
    ability: Ability | str
    target: str
    operation_id: str = ""


async def _go_on(_: Moment) -> None:
    await asyncio.sleep(0)


def _unseen(_: RequestSeen | Waiting) -> None:
    return None


@dataclass(slots=True)
class Remote:
    """A tenant with its faults. With a `path`, every change is in the file before it is answered,
    so that a killed client meets the same tenant again."""

    tenant: Tenant
    faults: Faults
    page_size: int = 5
    path: Path | None = None
    at: Callable[[Moment], Awaitable[None]] = _go_on
    observe: Callable[[RequestSeen | Waiting], None] = _unseen
    _before: Tenant | None = None
    _stale_reads: int = 0

    async def read(
        self,
        ability: Ability | str,
        target: str,
        answer: Callable[[Tenant], T],
        *,
        by_id: bool = True,
    ) -> T:
        """One read. Raises what an armed fault says; a stale one answers as before the write."""
        name = self.tenant.source.name
        await self.at(Moment(When.BEFORE, name, ability, target))
        self.fail(self.faults.take(ability, target), ability, target)
        value = answer(self._view() if by_id else self.tenant)
        self._seen("GET", ability, target)
        await self.at(Moment(When.AFTER, name, ability, target))
        return value

    async def write(
        self,
        ability: Ability,
        target: str,
        operation_id: str,
        change: Callable[[Tenant], bool],
    ) -> Receipt:
        """One write. `change` alters the tenant and says whether there was anything to alter."""
        name = self.tenant.source.name
        await self.at(Moment(When.BEFORE, name, ability, target, operation_id))
        last_look()
        fault = self.faults.take(ability, target)
        effect = fault.effect if fault else None
        if effect is not Effect.ANSWER_LOST:
            if effect not in (Effect.UNREACHABLE, Effect.REQUEST_LOST) and fault is not None:
                error = error_of(fault, name, _what(ability, target))
                if error is not None:
                    self._log_call(ability, operation_id, target, f"refused: {fault.effect.value}")
                    self._tell_refused(ability, target, fault)
            self.fail(fault, ability, target)
        outcome = self._do(ability, target, operation_id, change, fault)
        self._seen("POST", ability, target)
        await self.at(Moment(When.AFTER, name, ability, target, operation_id))
        self.fail(fault, ability, target)
        return Receipt(outcome)

    def _do(
        self,
        ability: Ability,
        target: str,
        operation_id: str,
        change: Callable[[Tenant], bool],
        fault: Fault | None,
    ) -> Outcome:
        effect = fault.effect if fault else None
        if effect is Effect.IGNORED:
            self._log_call(ability, operation_id, target, "accepted, not done")
            return Outcome.APPLIED
        if fault is not None and effect is Effect.STALE:
            self._before, self._stale_reads = deepcopy(self.tenant), fault.count
        try:
            changed = change(self.tenant)
        except ProviderError as refused:
            self._log_call(ability, operation_id, target, f"refused: {refused.why}")
            raise
        if effect is not Effect.AUDIT_MISSING:
            late = fault.count if fault is not None and effect is Effect.AUDIT_LATE else 0
            self._log_event(ability, operation_id, target, late)
        self._log_call(ability, operation_id, target, "done" if changed else "already so")
        return Outcome.APPLIED if changed else Outcome.ALREADY_SO

    def _view(self) -> Tenant:
        if self._before is not None and self._stale_reads > 0:
            self._stale_reads -= 1
            return self._before
        return self.tenant

    def fail(self, fault: Fault | None, ability: Ability | str, target: str) -> None:
        """Raises the error a fault ends in, if it ends in one."""
        if fault is None:
            return
        error = error_of(fault, self.tenant.source.name, _what(ability, target))
        if error is not None:
            raise error

    def _log_event(self, ability: Ability, operation_id: str, target: str, late: int) -> None:
        tenant = self.tenant
        number = len(tenant.events) + 1
        event = AuditEvent(
            id=f"{tenant.source.name}-event-{number}",
            at_ms=tenant.tick(),
            actor=tenant.own.name if tenant.own else "keyturn",
            action=ability.value,
            target=target,
            operation_id=operation_id,
            raw=f'{{"number": {number}}}',
        )
        tenant.events.append(event)
        if late:
            tenant.hidden[event.id] = late

    def _log_call(self, ability: Ability, operation_id: str, target: str, result: str) -> None:
        self.tenant.calls.append(Call(ability, operation_id, target, result, self.tenant.tick()))
        if self.path is not None:
            save(self.tenant, self.path)

    def _tell_refused(self, ability: Ability, target: str, fault: Fault) -> None:
        path = f"/{ability.value.replace(' ', '-')}/{target}"
        status = 403 if fault.effect is Effect.NOT_ALLOWED else 400
        body = json.dumps({"code": fault.effect.name, "detail": f"{target}: refused"})
        tell(Exchange(self.tenant.source.name, "POST", path, status, "r-1"), body.encode())

    def _seen(self, method: str, ability: Ability | str, target: str) -> None:
        path = f"/{str(ability).replace(' ', '-')}/{target}"
        self.observe(RequestSeen(self.tenant.source.name, method, path, 200, 0.0))


def _what(ability: Ability | str, target: str) -> str:
    return f"could not {ability}" + (f" ({target})" if target else "")
