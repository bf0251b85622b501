"""What goes wrong on a bad day. Each is put into the tenants' files, where the tenants find it."""

from keyturn.demo.okta_onepassword.session import DemoSession
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_providers.simulated.wire import faults

STORM_ANSWERS = 24
_STORM_S = 1.0
_LOST = "user suspend *"


def storm(session: DemoSession) -> None:
    """Others have used up Okta's rate limit: the next requests are refused, in both of its ways."""
    faults.put(
        session.okta,
        faults.Fault(
            faults.Kind.THROTTLE,
            path="/api/v1/*",
            skip=3,
            times=STORM_ANSWERS - 4,
            seconds=_STORM_S,
        ),
        faults.Fault(faults.Kind.THROTTLE_CONCURRENCY, path="/api/v1/*", times=4),
    )


def bridge_restarts(session: DemoSession) -> None:
    """The SCIM bridge restarts, and is locked until somebody brings its token."""
    onepassword.restart_bridge(session.onepassword)


def sign_in_expires(session: DemoSession) -> None:
    """The operator's session with 1Password ends."""
    onepassword.set_switch(session.onepassword, "session_expired", value=True)


def operator_signs_in(session: DemoSession) -> None:
    """The operator has signed in to 1Password again."""
    onepassword.set_switch(session.onepassword, "session_expired", value=False)


def answer_is_lost(session: DemoSession) -> None:
    """The next suspension in 1Password is carried out, but its answer never comes."""
    onepassword.put_op_fault(session.onepassword, "die_after", _LOST)


def all_is_well(session: DemoSession) -> None:
    """Nothing goes wrong any more."""
    faults.clear(session.okta)
    faults.clear(session.onepassword)
    onepassword.clear_op_faults(session.onepassword)
    operator_signs_in(session)
