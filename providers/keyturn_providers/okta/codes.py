"""What Okta means by its error codes; only `errorCode` is contractual. Pure."""

import json

from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    NotAllowed,
    NotAuthenticated,
    ProviderError,
    Throttled,
)
from keyturn_providers.exchange import Answer
from keyturn_providers.text import safe

READ_ONLY_WAIT_S = 60.0
_NOTHING_DONE = "Nothing was done."
_NEW_TOKEN = "Put a valid token where token_env or token_command points to."  # noqa: S105 - a sentence


def code_of(body: bytes) -> str:
    """The `errorCode` in a body, or ""."""
    code = _error(body).get("errorCode")
    return code if isinstance(code, str) else ""


def explain(body: bytes) -> str:
    """Okta's own sentences in an error body, with the code, or "". Not yet safe to show."""
    error = _error(body)
    summary, causes = error.get("errorSummary"), error.get("errorCauses")
    said = [summary] if isinstance(summary, str) else []
    for cause in causes if isinstance(causes, list) else []:
        told = cause.get("errorSummary") if isinstance(cause, dict) else None
        if isinstance(told, str) and told not in said:
            said.append(told)
    words = " ".join(said)
    code = code_of(body)
    if code:
        return f"{words} {code}".strip()
    oauth = [error.get("error"), error.get("error_description")]
    return ": ".join(part for part in oauth if isinstance(part, str))


def judge(answer: Answer, writes: bool) -> ProviderError | None:
    """The error for an answer with an unwanted status, where Okta's code says more than the status
    or something else; None for what the status means everywhere."""
    code = code_of(answer.body)
    source, what = answer.source, answer.what
    why = f'It answered {answer.status} ("{safe(" ".join(explain(answer.body).split()), 200)}").'
    match code:
        case "E0000004" | "E0000005" | "E0000011":
            return NotAuthenticated(
                source,
                what,
                f"{why} The token is wrong, expired (API tokens: after 30 days without use) or"
                " revoked, or its owner was deactivated.",
                _NEW_TOKEN,
            )
        case "E0000015":
            return NotAllowed(
                source,
                what,
                f"{why} The token is good, but this organisation or token lacks the feature.",
                "Ask Okta for the feature, or do without it.",
            )
        case "E0000006":
            return NotAllowed(
                source,
                what,
                f"{why} The token is good, but neither its scopes nor its admin role allow this.",
                "Give keyturn's token the scope and the admin role for this, or leave it off.",
            )
        case "E0000008":
            return NotAllowed(
                source,
                what,
                f"{why} This organisation does not have this part of the interface.",
                "Check the url in keyturn.yaml; if it is right, do without it.",
            )
        case "E0000010" if writes:
            return Throttled(
                source,
                what,
                f"{why} Okta is read-only for maintenance: reads go on, changes wait."
                f" {_NOTHING_DONE}",
                "Wait a minute; Okta's status page says more.",
                retry_after_s=READ_ONLY_WAIT_S,
            )
        case "E0000001" | "E0000016" | "E0000038" | "E0000112" if writes:
            return Conflict(
                source,
                what,
                f"{why} The object is not in a state in which Okta does this; nothing was changed.",
                "Try again in a minute." if code == "E0000112" else "Refresh and plan again.",
            )
        case "E0000029":
            return Conflict(
                source,
                what,
                f"{why} The list cannot be continued from where it was.",
                "Refresh to read it anew.",
            )
        case "E0000060":
            return NotAllowed(
                source, what, f"{why} Okta does not support this.", "Do it in Okta itself."
            )
        case "" if answer.status == 404:
            # An object is gone only where Okta itself says so.
            return BadAnswer(
                source,
                what,
                "It answered 404, but not in Okta's words.",
                "Check the url in keyturn.yaml, and that no proxy stands in between.",
            )
        case _:
            return None


def _error(body: bytes) -> dict[str, object]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}
