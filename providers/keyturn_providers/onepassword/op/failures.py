"""Turns a call of `op` that failed into the errors of `keyturn_providers.errors`, in words."""

import errno

from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    Unreachable,
)
from keyturn_providers.failures import READ_IT_BACK, throttled
from keyturn_providers.onepassword.op.classify import Said, Trouble, understand
from keyturn_providers.onepassword.op.process import Ending, Finished
from keyturn_providers.text import safe

SIGN_IN = "Sign in with `op signin` in this terminal, or unlock the desktop app, and press r."
_SERVICE_ACCOUNT = "Sign in as a person: a service account cannot administer people or groups."
_AUTH = {
    Trouble.NOT_SIGNED_IN: SIGN_IN,
    Trouble.SESSION_EXPIRED: SIGN_IN,
    Trouble.APP_REFUSED: "Unlock the 1Password app, confirm its prompt, and press r.",
    Trouble.NO_ACCOUNT: "Add it with `op account add`, or correct account in keyturn.yaml.",
    Trouble.SERVICE_ACCOUNT_UNUSED: _SERVICE_ACCOUNT,
    Trouble.SERVICE_ACCOUNT_GONE: _SERVICE_ACCOUNT,
    Trouble.CONNECT: "Take OP_CONNECT_HOST and OP_CONNECT_TOKEN out of op's surroundings.",
}
_NO_RIGHT = (
    "Use a session of an Owner or Administrator. Changing people needs the group Provision"
    " Managers, changing a vault the permission to manage it; people and groups that the identity"
    " provider provisions may have to be changed there."
)


def not_started(source: str, what: str, program: str, cause: OSError) -> ProviderError:
    """`op` could not be started at all: nothing was done."""
    shown = safe(program, 120)
    if cause.errno in {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}:
        return Unreachable(
            source,
            what,
            f"This machine could not start {shown} just now (it is short of resources).",
            "Nothing was done; try again.",
        )
    if isinstance(cause, FileNotFoundError):
        why = f"The program {shown} is not installed, or not on PATH."
    elif isinstance(cause, PermissionError):
        why = f"The program {shown} may not be run."
    else:
        why = f"The program {shown} cannot be run ({type(cause).__name__})."
    return Misconfigured(
        source,
        what,
        why,
        "Install 1Password's command-line tool `op`, or name it with op.command in keyturn.yaml.",
    )


def failure(source: str, what: str, finished: Finished, *, writes: bool) -> ProviderError:
    """The error that a call stands for which did not end well."""
    match finished.ending:
        case Ending.TOO_LONG:
            why = "op gave no answer in time and was ended."
            return _no_answer(source, what, why, writes=writes)
        case Ending.TOO_MUCH:
            why = "op answered with more than keyturn takes."
            return _no_answer(source, what, why, writes=writes)
        case Ending.KILLED:
            return _no_answer(source, what, "op was killed before it answered.", writes=writes)
        case Ending.EXITED:
            return refused(source, what, understand(finished.stderr), writes=writes)


def refused(source: str, what: str, said: Said, *, writes: bool) -> ProviderError:
    """The error for what `op` said of a call that failed."""
    quoted = f' (op: "{said.words}")' if said.words else ""
    why = f"{said.trouble.value[:1].upper()}{said.trouble.value[1:]}{quoted}."
    match said.trouble:
        case trouble if trouble in _AUTH:
            return NotAuthenticated(source, what, why, _AUTH[trouble])
        case Trouble.FIREWALL:
            return NotAllowed(
                source,
                what,
                why,
                "Use an address that the account's firewall rules let in, or ask an Owner to allow"
                " this one.",
            )
        case Trouble.FORBIDDEN:
            return NotAllowed(source, what, why, _NO_RIGHT)
        case Trouble.NOT_FOUND:
            return Gone(source, what, why, "Refresh to see what is there.")
        case Trouble.RATE_LIMITED:
            return held_back(source, what, why, said.retry_after_s)
        case Trouble.AMBIGUOUS:
            return Conflict(source, what, why, "Nothing was done; refresh and plan again, by id.")
        case Trouble.NOT_HELD:
            return Conflict(
                source,
                what,
                why,
                "It may be held through a group: refresh, and take it away there.",
            )
        case Trouble.DEPENDENT:
            return Conflict(
                source, what, why, "Nothing was done; the permissions changed: plan again."
            )
        case Trouble.ALREADY_MEMBER:
            return Conflict(source, what, why, "Nothing is left to do; refresh.")
        case Trouble.REFUSED if writes:
            return Conflict(source, what, why, "Nothing was changed; op's own words say why.")
        case Trouble.BAD_CALL:
            return Misconfigured(
                source, what, why, "This op differs from what keyturn knows; install a current one."
            )
        case Trouble.NO_NETWORK:
            return Unreachable(
                source, what, why, "Check the network, a proxy in between and the VPN; try again."
            )
        case _:
            return _no_answer(source, what, why, writes=writes)


def held_back(source: str, what: str, why: str, seconds: float) -> Throttled:
    """Too many requests: nothing was done, and nothing is sent for a while."""
    return throttled(source, what, why, seconds)


def odd_answer(source: str, what: str, why: str, *, writes: bool) -> ProviderError:
    """`op` said it worked, and answered with something that is not documented."""
    if writes:
        return OutcomeUnknown(source, what, f"{why} The change may have been made.", READ_IT_BACK)
    return BadAnswer(
        source,
        what,
        why,
        "This op differs from what keyturn knows; nothing was taken from this answer.",
    )


def _no_answer(source: str, what: str, why: str, *, writes: bool) -> ProviderError:
    if writes:
        return OutcomeUnknown(source, what, f"{why} The change may have been made.", READ_IT_BACK)
    return Unreachable(source, what, why, "Nothing was changed; try again.")
