"""Recognises credentials that have no place in a file that is shared."""

import re

_SHAPES = re.compile(
    r"""
    \bhv[sbr]\.[A-Za-z0-9_-]{8,}                         # Vault and OpenBao, since 1.10
    | (?<![\w.-])[sbr]\.[A-Za-z0-9]{20,}                # Vault and OpenBao, before
    | \bops_[A-Za-z0-9_-]{20,}                          # 1Password service accounts
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}         # JSON web tokens
    | \bgh[opsur]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}
    | \bglpat-[A-Za-z0-9_-]{16,}
    | \bxox[abeprs]-[A-Za-z0-9-]{10,}
    | \bAKIA[A-Z0-9]{12,}
    | \bsk-[A-Za-z0-9_-]{20,}
    | \b00[A-Za-z0-9_-]{40}\b                           # Okta API tokens
    | \b(?i:bearer|ssws|basic)\s+[A-Za-z0-9+/._=~-]{12,}
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)                   # https://user:password@host
    """,
    re.VERBOSE,
)
_KEYS = frozenset(
    {
        "token",
        "api_token",
        "access_token",
        "bearer_token",
        "bearer",
        "password",
        "passwd",
        "secret",
        "secret_id",
        "client_secret",
        "api_key",
        "apikey",
        "private_key",
        "credential",
        "credentials",
    }
)
_MIN_MIXED = 20


def holds_token(value: str) -> bool:
    """Whether some part of `value` has the shape of a credential of a known maker."""
    return _SHAPES.search(value) is not None


def without_tokens(value: str) -> str:
    """`value` with whatever looks like a credential left out."""
    return _SHAPES.sub("(a token, not shown)", value)


def names_a_secret(key: str) -> bool:
    """Whether a key of this name would have a credential as its value."""
    return key.casefold().replace("-", "_") in _KEYS


def is_variable_name(value: str) -> bool:
    """Whether `value` can be the name of an environment variable, and is not likelier a token."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value) is None or holds_token(value):
        return False
    mixed = any(c.islower() for c in value) and any(c.isdigit() for c in value)
    return len(value) < _MIN_MIXED or not mixed
