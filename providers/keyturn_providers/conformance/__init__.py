"""The suite every connector passes, third parties' too. Needs no test framework.

Describe a seeded tenant that may be changed as a `Subject`, and await `run_all`:

    async def test_my_connector_conforms() -> None:
        results = await run_all(Subject(open=my_connector, token=token, ...))
        assert not failures(results), "\\n".join(map(str, failures(results)))

or, for one test per check, parametrise over `CHECKS` and await `run_one`. What a check changes it
puts back, but it ends sessions and its operations stay in the tenant's audit log; a check that
fails may leave its change behind. Inviting, letting in and deactivating leave their mark in any
case, so they are tried only on whom the subject names for it.
"""

from keyturn_providers.conformance.result import CheckResult, Mark, failures
from keyturn_providers.conformance.subject import GrantTarget, Subject
from keyturn_providers.conformance.suite import CHECKS, Check, run_all, run_one

__all__ = [
    "CHECKS",
    "Check",
    "CheckResult",
    "GrantTarget",
    "Mark",
    "Subject",
    "failures",
    "run_all",
    "run_one",
]
