"""What goes wrong on a bad day. Each is put into the tenants' files, where the tenants find it."""

from keyturn.demo.okta_onepassword.session import DemoSession
from keyturn_providers.simulated.okta.manners import BUCKETS
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_providers.simulated.wire import faults, windows

_STORM_S = 15.0
_AT_ONCE = 4
_LOST = ("user suspend *", "group user revoke *")


def storm(session: DemoSession) -> None:
    """Somebody else has used up every one of Okta's rate limits, for some seconds; and for a few
    requests more there are too many at once, which Okta refuses in another way."""
    for name, bucket in BUCKETS.items():
        windows.set_limit(session.okta, name, bucket.limit, window_s=_STORM_S, share=bucket.share)
        windows.spend(session.okta, bucket, bucket.limit)
    faults.put(
        session.okta,
        *(
            faults.Fault(faults.Kind.THROTTLE_CONCURRENCY, path="/api/v1/groups*", skip=skip)
            for skip in range(0, 7 * _AT_ONCE, 7)
        ),
    )


def storm_is_over(session: DemoSession) -> None:
    """The usual limits again, of a minute each."""
    for name, bucket in BUCKETS.items():
        windows.set_limit(
            session.okta, name, bucket.limit, window_s=bucket.window_s, share=bucket.share
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
    """The next suspension in 1Password, and the next removal from a group, is carried out, but its
    answer never comes. Okta's provisioning may be first with the suspension."""
    for command in _LOST:
        onepassword.put_op_fault(session.onepassword, "die_after", command)


def all_is_well(session: DemoSession) -> None:
    """Nothing goes wrong any more."""
    storm_is_over(session)
    faults.clear(session.okta)
    faults.clear(session.onepassword)
    onepassword.clear_op_faults(session.onepassword)
    operator_signs_in(session)
