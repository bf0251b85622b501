"""`keyturn demo --check`: the whole main job on the simulated Okta and 1Password, proven.

Reads both, lists the drift, offboards the leaver so that every step is effective and logged, and
then looks behind keyturn's back into the tenants themselves.
"""

import asyncio
from collections import Counter

from keyturn.decide.steps import ProofVerdict
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
from keyturn.demo.okta_onepassword.naming import okta_id
from keyturn.demo.okta_onepassword.session import DemoSession
from keyturn.demo.people import LEAVER
from keyturn.run.results import RunResult
from keyturn_providers.simulated.okta import reading as okta
from keyturn_providers.simulated.onepassword import inspection as onepassword

_PUSHED_WITHIN_S = 30
_PROVEN = ProofVerdict.EFFECTIVE_LOGGED.value


def run_check(session: DemoSession, out: Out) -> int:
    """Runs the whole check, as `checking.run_check` says."""
    return checking.run_check(session.places, out, lambda work: _check(work, session))


async def _check(work: Checking, session: DemoSession) -> None:
    person = await find_leaver(work, session.leaver_email)
    _still_in(session, work.out)
    result = await offboard(work, session.leaver_email)
    short = [step for step in result.steps if step.verdict != _PROVEN]
    if short or not result.proven:
        raise CheckFailed(NOT_VERIFIED, "not every step is effective and logged.")
    work.out("")
    work.out("Proof from outside keyturn:")
    _out_of_both(session, work.out)
    _in_the_log(session, result, work.out)
    await _pushed(session, work.out)
    await in_step(work, person, session.leaver_email)
    await nothing_open(work)


def _still_in(session: DemoSession, out: Out) -> None:
    state = onepassword.user_state(session.onepassword, session.leaver_account_id)
    out("")
    out(f"In 1Password itself {session.leaver_email} is {state}.")
    if state != "ACTIVE":
        raise CheckFailed(NOT_VERIFIED, "the leaver was not in to begin with.")


def _out_of_both(session: DemoSession, out: Out) -> None:
    user = session.leaver_account_id
    state = onepassword.user_state(session.onepassword, user)
    grants = onepassword.grants_of(session.onepassword, "user", user)
    status = okta.user_status(session.okta, okta_id("00u", LEAVER))
    left = okta.sessions(session.okta, okta_id("00u", LEAVER))
    out(f"  1Password itself: {state}, {len(grants)} direct grants")
    out(f"  Okta itself: {status}, {len(left)} sessions and tokens")
    if state != "SUSPENDED" or grants or status != "DEPROVISIONED" or left:
        raise CheckFailed(NOT_VERIFIED, "the tenants say otherwise.")


async def _pushed(session: DemoSession, out: Out) -> None:
    """Waits until Okta has pushed what it has to, as it does by itself some seconds later."""
    for _ in range(_PUSHED_WITHIN_S):
        if not okta.pushes_waiting(session.okta):
            out("  Okta has pushed everything to the bridge")
            return
        await asyncio.sleep(1)
    raise CheckFailed(NOT_VERIFIED, "Okta has not pushed what it had to.")


def _in_the_log(session: DemoSession, result: RunResult, out: Out) -> None:
    """The suspension, looked for in the tenant's own log and not through the connector."""
    suspended = [
        event
        for event in onepassword.happened(session.onepassword, "suspend", "user")
        if event.object_id == session.leaver_account_id
    ]
    if not suspended:
        raise CheckFailed(NOT_VERIFIED, "1Password's own log knows no suspension.")
    out(f"  1Password's own log: suspended by {suspended[-1].actor_email}")
    for verdict, count in Counter(step.verdict for step in result.steps).items():
        out(f"  {count} of {len(result.steps)} steps: {verdict}")
