"""Any failure in the four parts an operator needs: who, what, why, what next."""

from keyturn.tui.crash import redacted
from keyturn.tui.widgets.notice import Trouble

_REPORT = "Try again; if it happens again, report it with this line."
_START_AGAIN = (
    "keyturn may have been changed on the disk while it ran: leave it with q and start it again."
)
"""Most of keyturn is imported when it is first needed: one version does not fit another's parts."""


def trouble_of(error: BaseException, doing: str) -> Trouble:
    """What to show for a failure while `doing` (a phrase such as "reading a list").

    Errors that say their own parts are shown in their words. An error nobody foresaw is shown by
    its class, its message without anything that looks like a credential.
    """
    who = _part(error, "who") or _part(error, "source") or "keyturn"
    what, why = _part(error, "what"), _part(error, "why")
    if what and why:
        return Trouble(who, what, _sentence(why), _part(error, "next_step"))
    message = redacted(str(error)).strip() or "It did not say why."
    if _is_ours(error):
        return Trouble(who, doing, _sentence(message))
    said = f"{type(error).__name__}: {_sentence(message)}"
    next_step = _START_AGAIN if isinstance(error, ImportError) else _REPORT
    return Trouble(who, f"{doing} failed", said, next_step)


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.split(".")[0] in {
        "keyturn", "keyturn_providers", "keyturn_storage"
    }  # fmt: skip


def _part(error: BaseException, name: str) -> str:
    found = getattr(error, name, "")
    return found if isinstance(found, str) else ""


def _sentence(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."
