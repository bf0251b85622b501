"""Times as 1Password's services write them."""

from datetime import datetime


def moment_ms(value: object) -> int | None:
    """RFC 3339, with nanoseconds too, as milliseconds."""
    if not isinstance(value, str):
        return None
    whole, dot, rest = value.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        whole = f"{whole}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}"
    try:
        moment = datetime.fromisoformat(whole)
        return int(moment.timestamp() * 1000) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
