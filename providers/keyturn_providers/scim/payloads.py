"""Reads SCIM envelopes: list responses, errors and the service provider configuration.

Pure. Attribute names are matched without regard to case (RFC 7643 §2.1), and what real servers get
wrong harmlessly (numbers as strings, missing `schemas`) is taken as meant.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One ListResponse. `resources` are as they came; `total` is None where it cannot be read."""

    resources: tuple[object, ...]
    total: int | None
    start: int | None
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ScimError:
    """RFC 7644 §3.12, as it came: not yet safe to show."""

    status: str
    scim_type: str
    detail: str


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What ServiceProviderConfig announces. All of it is a hint, and may be missing or wrong."""

    cursor: bool = False
    sort: bool = False
    patch: bool | None = None
    location: str = ""


def attribute(payload: Mapping[str, object], name: str) -> object:
    """The value of the attribute `name`, whatever its case; None where it is missing."""
    if name in payload:
        return payload[name]
    wanted = name.casefold()
    return next((value for key, value in payload.items() if key.casefold() == wanted), None)


def as_object(value: object) -> Mapping[str, object] | None:
    """`value` as a JSON object, or None."""
    return value if isinstance(value, dict) else None


def list_page(payload: object) -> ListPage:
    """A ListResponse. Raises `ValueError` (a sentence) for what cannot be one."""
    page = as_object(payload)
    if page is None:
        raise ValueError("A list came as something other than a JSON object.")
    error = _error_in(page)
    if error is not None:
        raise ValueError(f"A list came as an error ({error.detail or error.status}).")
    resources = attribute(page, "Resources")
    total = whole_number(attribute(page, "totalResults"))
    if resources is None:
        # Left out where there is nothing; else any object without it would look like the end.
        if total != 0:
            raise ValueError("A list came without Resources.")
        resources = []
    if not isinstance(resources, list):
        raise ValueError("Resources is not a JSON array.")  # noqa: TRY004 - the payload is wrong, not a caller
    cursor = attribute(page, "nextCursor")
    return ListPage(
        tuple(resources),
        total,
        whole_number(attribute(page, "startIndex")),
        cursor if isinstance(cursor, str) and cursor else None,
    )


def error_of(body: bytes) -> ScimError | None:
    """The SCIM error in a body, or None where it holds none."""
    try:
        payload = as_object(json.loads(body))
    except (ValueError, RecursionError):
        return None
    return None if payload is None else _error_in(payload)


def explain(body: bytes) -> str:
    """The server's own sentence in an error body, or ""."""
    error = error_of(body)
    if error is None:
        return ""
    return f"{error.scim_type}: {error.detail}" if error.scim_type else error.detail


def server_facts(payload: object) -> ServerFacts:
    """ServiceProviderConfig, as far as it can be read."""
    config = as_object(payload) or {}
    paging = as_object(attribute(config, "pagination")) or {}
    meta = as_object(attribute(config, "meta")) or {}
    location = attribute(meta, "location")
    return ServerFacts(
        cursor=_yes(attribute(paging, "cursor")) is True,
        sort=_supported(attribute(config, "sort")) is True,
        patch=_supported(attribute(config, "patch")),
        location=location if isinstance(location, str) else "",
    )


def whole_number(value: object) -> int | None:
    """`value` as a number of records, where it is one or a string of digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    if isinstance(value, float) and value.is_integer() and value >= 0:
        return int(value)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:18])
    return None


def _error_in(payload: Mapping[str, object]) -> ScimError | None:
    schemas = attribute(payload, "schemas")
    if not isinstance(schemas, Sequence) or ERROR_SCHEMA not in schemas:
        return None
    texts = [attribute(payload, name) for name in ("status", "scimType", "detail")]
    status, scim_type, detail = (str(t) if isinstance(t, str | int) else "" for t in texts)
    return ScimError(status, scim_type, detail)


def _supported(value: object) -> bool | None:
    return _yes(attribute(as_object(value) or {}, "supported"))


def _yes(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().casefold())
    return value if isinstance(value, bool) else None
