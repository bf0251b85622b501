"""The events a tenant is seeded with, in the shape version 2 of the Events API gives them."""

import json
from collections.abc import Iterator
from functools import lru_cache

from keyturn_providers.simulated.onepassword.clock import nanoseconds_text
from keyturn_providers.simulated.onepassword.seeds import ItemUsage, Seed, SignIn, stable_id
from keyturn_providers.simulated.onepassword.trail import PEOPLE_IN_AUX, PLACE, Details, audit_body

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_EventRow = tuple[str, int, int, str]


def audit_rows(sown: Seed, account: str) -> Iterator[_EventRow]:
    """The seeded audit events as rows of the tenant's file."""
    details = _details(sown)
    for number, event in enumerate(sown.audit_events):
        body = audit_body(
            _event_id("audit", number, event.at_ms),
            account,
            event.at_ms,
            details.get(event.actor_id) or {"uuid": event.actor_id, "name": "", "email": ""},
            event.action,
            (event.object_type, event.object_id, event.aux_id, event.aux_info),
            details.get(event.object_id) if event.object_type == "user" else None,
            details.get(event.aux_id) if event.object_type in PEOPLE_IN_AUX else None,
            _session_id(event.actor_id, event.at_ms // 86_400_000),
        )
        yield "auditevents", event.at_ms, event.at_ms, body


def usage_rows(sown: Seed, account: str) -> Iterator[_EventRow]:
    """The seeded item usages."""
    details = _details(sown)
    for number, usage in enumerate(sown.item_usages):
        event_id = _event_id("usage", number, usage.at_ms)
        body = usage_body(event_id, account, usage, details.get(usage.user_id))
        yield "itemusages", usage.at_ms, usage.at_ms, body


def sign_in_rows(sown: Seed, account: str) -> Iterator[_EventRow]:
    """The seeded attempts to sign in."""
    details = _details(sown)
    for number, attempt in enumerate(sown.sign_ins):
        event_id = _event_id("sign-in", number, attempt.at_ms)
        body = sign_in_body(event_id, account, attempt, details.get(attempt.user_id))
        yield "signinattempts", attempt.at_ms, attempt.at_ms, body


def usage_body(event_id: str, account: str, usage: ItemUsage, user: Details | None) -> str:
    """The use of an item, as version 2 gives it."""
    body = {
        "uuid": event_id,
        "timestamp": nanoseconds_text(usage.at_ms, _nanoseconds(event_id)),
        "used_version": 1,
        "account_uuid": account,
        "vault_uuid": usage.vault_id,
        "item_uuid": usage.item_id,
        "user": (user or {"uuid": usage.user_id}) | {"type": "user"},
        "client": _client(usage.app),
        "location": PLACE,
        "action": usage.action,
    }
    return _ENCODE(body)


def sign_in_body(event_id: str, account: str, attempt: SignIn, user: Details | None) -> str:
    """An attempt to sign in, as version 2 gives it. One that succeeds has the session that seeded
    audit events of the person name on that day."""
    session = (
        _session_id(attempt.user_id, attempt.at_ms // 86_400_000)
        if attempt.category == "success"
        else stable_id(f"session of {event_id}", capital=True)
    )
    body = {
        "uuid": event_id,
        "session_uuid": session,
        "timestamp": nanoseconds_text(attempt.at_ms, _nanoseconds(event_id)),
        "account_uuid": account,
        "country": attempt.country,
        "category": attempt.category,
        "type": attempt.type,
        "details": None,
        "target_user": (user or {"uuid": attempt.user_id}) | {"type": "user"},
        "client": _client(attempt.app),
        "location": PLACE,
    }
    return _ENCODE(body)


@lru_cache(100_000)
def _session_id(user_id: str, day: int) -> str:
    """One session per person and day."""
    return stable_id(f"session {user_id} {day}", capital=True)


def _nanoseconds(event_id: str) -> int:
    return sum(map(ord, event_id)) * 997 % 1_000_000


def _client(app: str) -> dict[str, str]:
    return {
        "app_name": app,
        "app_version": "81017003",
        "platform_name": "Chrome" if "Browser" in app else "laptop",
        "platform_version": "142.0",
        "os_name": "MacOSX",
        "os_version": "15.7",
        "ip_address": "203.0.113.7",
    }


def _details(sown: Seed) -> dict[str, Details]:
    return {u.id: {"uuid": u.id, "name": u.name, "email": u.email} for u in sown.users}


def _event_id(kind: str, number: int, at_ms: int) -> str:
    return stable_id(f"{kind} {number} {at_ms}", capital=True)
