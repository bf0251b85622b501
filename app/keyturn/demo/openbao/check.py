"""`keyturn demo --with openbao --check`: the whole main job on real servers, proven.

Reads both servers, lists the drift, offboards the leaver, and then proves it from outside: with
the leaver's own token and login, with the audit log, and with a second reading.
"""

from pydantic import SecretStr

from keyturn.demo import checking
from keyturn.demo.checking import (
    NOT_VERIFIED,
    CheckFailed,
    Checking,
    Out,
    find_leaver,
    in_step,
    nothing_open,
    offboard,
)
from keyturn.demo.openbao.leaver_token import log_in, may_log_in, opens
from keyturn.demo.openbao.session import DemoSession
from keyturn.run.results import RunResult
from keyturn_providers.records import Side


def run_check(session: DemoSession, out: Out) -> int:
    """Runs the whole check, as `checking.run_check` says."""
    return checking.run_check(session.places, out, lambda work: _check(work, session))


async def _check(work: Checking, session: DemoSession) -> None:
    leaver, out = session.leaver, work.out
    person = await find_leaver(work, leaver.email)

    out("")
    out(f"{leaver.login} logs in to OpenBao as always, and opens {session.vault}:")
    token = await log_in(session.secrets_url, leaver.login, leaver.password)
    await _expect(session, token, 200, out)

    result = await offboard(work, leaver.email)

    out("")
    out("Proof from outside keyturn:")
    await _expect(session, token, 403, out)
    await _no_new_login(session, out)
    _in_audit_log(session, result, out)
    await in_step(work, person, leaver.login)
    await nothing_open(work)


async def _expect(session: DemoSession, token: SecretStr, wanted: int, out: Out) -> None:
    status = await opens(session.secrets_url, token, session.vault)
    out(f"  the leaver's own token on {session.vault}: {status}")
    if status != wanted:
        raise CheckFailed(NOT_VERIFIED, f"the vault answered {status}, not {wanted}.")


async def _no_new_login(session: DemoSession, out: Out) -> None:
    leaver = session.leaver
    if await may_log_in(session.secrets_url, leaver.login, leaver.password):
        raise CheckFailed(NOT_VERIFIED, f"{leaver.login} can still log in.")
    out("  a new login: refused")


def _in_audit_log(session: DemoSession, result: RunResult, out: Out) -> None:
    """The operation ids, looked for in the log file itself and not through the connector."""
    log = session.audit_log.read_text(encoding="utf-8", errors="replace")
    sent = [
        step.operation
        for step in result.steps
        if step.sent and step.operation.change.side is Side.SECRETS
    ]
    missing = [one.words for one in sent if one.id not in log]
    if missing or not sent:
        raise CheckFailed(
            NOT_VERIFIED, f"not in OpenBao's audit log: {'; '.join(missing) or 'anything'}."
        )
    out(f"  OpenBao's audit log holds the ids of all {len(sent)} operations sent to it")
