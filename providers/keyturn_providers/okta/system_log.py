"""Okta's System Log: a position taken before a change, and the events after it that prove it.

Read by polling, which is in the order of commits and gives every event; a window by `published`
misses what comes late. The position is the path of Okta's own link to the next page.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from keyturn_providers.abilities import Ability, Sought
from keyturn_providers.errors import BadAnswer
from keyturn_providers.okta import translate
from keyturn_providers.okta.client import OktaClient, next_link
from keyturn_providers.okta.payloads import EVENTS, EventPayload
from keyturn_providers.origin import target_of
from keyturn_providers.records import AuditEvent

_PAGE = 1000
_MOST_PAGES = 200
_WHAT = "reading the System Log"
# For a clock that differs, and for events that were committed late.
_MARGIN = timedelta(seconds=60)
_CLOCK_DOUBT_MS = 5_000

_PROOFS: dict[Ability, frozenset[str]] = {
    Ability.SUSPEND: frozenset({"user.lifecycle.suspend"}),
    Ability.REACTIVATE: frozenset(
        {"user.lifecycle.unsuspend", "user.lifecycle.activate", "user.lifecycle.reactivate"}
    ),
    Ability.DEACTIVATE: frozenset({"user.lifecycle.deactivate"}),
    Ability.END_ALL_SESSIONS: frozenset({"user.session.clear", "user.session.end"}),
    Ability.ADD_MEMBERSHIP: frozenset({"group.user_membership.add"}),
    Ability.REMOVE_MEMBERSHIP: frozenset({"group.user_membership.remove"}),
}


_MAY_BE_A_JOB = frozenset({Ability.DEACTIVATE})
"""What Okta may carry out after it has answered: then the event is not of the request."""


@dataclass(slots=True)
class _Tail:
    """What was read behind one position, and where the reading goes on."""

    events: list[EventPayload]
    position: str


class SystemLog:
    """Remembers what it read behind a position, so that asking again reads only what is new."""

    def __init__(self, client: OktaClient) -> None:
        self._client = client
        self._tails: dict[str, _Tail] = {}

    async def position(self) -> str:
        """The end of the log as it is now."""
        now = datetime.now(UTC)
        seen = self._client.transport.seen
        if seen is not None and seen.clock_offset_ms is not None:
            now += timedelta(milliseconds=seen.clock_offset_ms)
        since = (now - _MARGIN).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        params: dict[str, str | int] = {
            "since": since,
            "sortOrder": "ASCENDING",
            "limit": _PAGE,
        }
        position = ""
        async for _, following in self._polled("/api/v1/logs", params):
            position = following
        return position

    async def proofs(self, since: str, sought: Sequence[Sought]) -> tuple[AuditEvent, ...]:
        """The events behind `since` of what is sought, with its operation id; those that somebody
        else left are marked."""
        tail = self._tails.setdefault(since, _Tail([], since))
        async for events, following in self._polled(tail.position, None):
            tail.events.extend(events)
            tail.position = following
        seen = self._client.transport.seen
        offset = (seen.clock_offset_ms if seen else None) or 0
        found: list[AuditEvent] = []
        for event in tail.events:
            one = _sought(event, sought, offset)
            if one is not None:
                told = translate.audit_event(event)
                other = _by_another(event, one)
                found.append(replace(told, operation_id=one.operation_id, by_another=other))
        return tuple(found)

    async def _polled(
        self, path: str, params: dict[str, str | int] | None
    ) -> AsyncIterator[tuple[tuple[EventPayload, ...], str]]:
        """Pages until one is not full; with each the position behind it. An empty page has a link
        too: the log has no end."""
        for _ in range(_MOST_PAGES):
            answer = await self._client.get(path, what=_WHAT, params=params)
            problem, page, following = "", None, ""
            try:
                page = EVENTS.read(answer.body)
                following = self._below_base(next_link(answer.headers))
            except ValueError as error:
                problem = str(error)
            if page is None or problem:
                raise BadAnswer(self._client.source, _WHAT, problem, "Try again.")
            yield page.items, following
            if len(page.ids) < _PAGE:
                return
            path, params = following, None

    def _below_base(self, link: str | None) -> str:
        if not link:
            raise ValueError("The log came without a link to what follows, so it cannot be polled.")
        base = self._client.transport.base_url
        target = target_of(base, link)
        if not target.startswith(f"{base}/"):
            raise ValueError("The link to what follows in the log leads elsewhere.")
        return target.removeprefix(base)


def _sought(event: EventPayload, sought: Sequence[Sought], offset_ms: int) -> Sought | None:
    """What of `sought` this event is of, None for anything else."""
    kind = event.eventType if isinstance(event.eventType, str) else ""
    fitting = [one for one in sought if kind in _PROOFS.get(one.ability, ())]
    if not fitting:
        return None
    request = translate.transaction_id(event)
    for one in fitting:
        if request and request in one.request_ids:
            return one
    at_ms = (translate.time_ms(event.published) or 0) - offset_ms + _CLOCK_DOUBT_MS
    touched = {str(target.get("id")) for target in translate.targets(event)}
    # Where an answer was lost, or a job did it later, nothing is known but what was to be done, to
    # whom and when.
    by_time = [
        one
        for one in fitting
        if (not one.request_ids or one.ability in _MAY_BE_A_JOB)
        and at_ms >= one.not_before_ms
        and {one.account_id, one.group_id} - {""} <= touched
    ]
    return max(by_time, key=lambda one: one.not_before_ms) if by_time else None


def _by_another(event: EventPayload, sought: Sought) -> bool:
    """Whether another account did it than the one that made the call; False where either is not
    known, and where it is the request's own event."""
    actor = translate.actor_id(event)
    own = translate.transaction_id(event) in sought.request_ids
    known = not own and bool(sought.actor_ids) and actor != ""
    return known and not sought.by_anyone and actor not in sought.actor_ids
