"""The list of checks, and how they are run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import SecretStr

from keyturn_providers.conformance import auditing, lifecycle, permissions, reading, writing
from keyturn_providers.conformance.bench import Bench, listed
from keyturn_providers.conformance.result import CheckResult, Mark, NotHere, NotSo
from keyturn_providers.conformance.subject import Subject
from keyturn_providers.conformance.witness import Witness, watching
from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import NotAuthenticated, ProviderError, ReadOnly


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `run` returns what it saw, or raises."""

    name: str
    run: Callable[[Bench], Awaitable[str]]


async def _wrong_token(bench: Bench) -> str:
    """A refused credential is NotAuthenticated, and is not shown either."""
    wrong = bench.subject.wrong_token
    if wrong is None:
        raise NotHere("the subject's tenant takes no credential")
    connector = bench.subject.open(_surroundings(wrong, bench.witness))
    try:
        await connector.about()
        await listed(
            Bench(bench.subject, connector, bench.about, connector.reader(), bench.witness)
        )
    except NotAuthenticated as refusal:
        bench.witness.error(refusal)
        shown = bench.witness.shown(wrong)
        if shown:
            raise NotSo(f"the refused token is in {', '.join(shown)}") from None
        return str(refusal)
    finally:
        await connector.aclose()
    raise NotSo("a wrong token was taken")


async def _read_only(bench: Bench) -> str:
    """Opened read-only, it reads, and has no writer."""
    subject = bench.subject
    connector = subject.open(_surroundings(subject.token, bench.witness, read_only=True))
    try:
        about = await connector.about()
        await listed(Bench(subject, connector, about, connector.reader(), bench.witness))
        connector.writer()
    except ReadOnly as refusal:
        bench.witness.error(refusal)
        return str(refusal)
    finally:
        await connector.aclose()
    raise NotSo("it gave a writer although it was opened read-only")


CHECKS: tuple[Check, ...] = (
    Check("what is declared is implemented", reading.declared_is_implemented),
    Check("listings end with proof", reading.listings_end_with_proof),
    Check("references hold", reading.references_hold),
    Check("reads by id agree with the listings", reading.reads_by_id_agree),
    Check("unknown ids read as nothing", reading.unknown_ids_are_nothing),
    Check("text is safe", reading.text_is_safe),
    Check("suspend and reactivate", writing.suspend_and_reactivate),
    Check("add and remove a member", writing.add_and_remove_member),
    Check("grant, revoke and restore", writing.grant_and_revoke),
    Check("unknown targets are refused", writing.unknown_targets_are_refused),
    Check("operations are found in the audit log", auditing.operations_are_found),
    Check("end a session", writing.end_session),
    Check("permission rules are closed", permissions.rules_are_closed),
    Check("narrow a grant and widen it again", permissions.narrow),
    Check("accounts are found by address", lifecycle.found_by_address),
    Check("invite somebody", lifecycle.provision),
    Check("let somebody in", lifecycle.confirm),
    Check("deactivate and reactivate", lifecycle.deactivate),
    Check("end all sessions", lifecycle.end_all_sessions),
    Check("a wrong token is refused", _wrong_token),
    Check("read-only has no writer", _read_only),
)


async def run_all(subject: Subject) -> tuple[CheckResult, ...]:
    """Every check in order, each on a newly opened connector. Raises nothing of the connector's."""
    return tuple([await run_one(check, subject) for check in CHECKS])


async def run_one(check: Check, subject: Subject) -> CheckResult:
    """One check. Whatever it shows meanwhile (errors with their tracebacks, log lines, events,
    answers) must not hold the token: that fails it too. An exception that is no ProviderError
    fails it."""
    with watching() as witness:
        result = await _run(check, subject, witness)
        witness.value("the result", result)
        shown = witness.shown(subject.token)
    if shown:
        return CheckResult(check.name, Mark.FAILED, f"the token is shown in {', '.join(shown)}")
    return result


async def _run(check: Check, subject: Subject, witness: Witness) -> CheckResult:
    connector = subject.open(_surroundings(subject.token, witness))
    witness.value("the connector", connector)
    try:
        about = await connector.about()
        witness.value("About", about)
        reader = connector.reader()
        witness.value("the reader", reader)
        words = await check.run(Bench(subject, connector, about, reader, witness))
    except NotHere as why:
        return CheckResult(check.name, Mark.SKIPPED, str(why))
    except NotSo as why:
        return CheckResult(check.name, Mark.FAILED, str(why))
    except ProviderError as error:
        witness.error(error)
        return CheckResult(check.name, Mark.FAILED, f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - a bare exception is just what this finds
        witness.error(error)
        return CheckResult(
            check.name, Mark.FAILED, f"a bare {type(error).__name__}, not a ProviderError: {error}"
        )
    finally:
        await connector.aclose()
    return CheckResult(check.name, Mark.PASSED, words)


def _surroundings(token: SecretStr, witness: Witness, *, read_only: bool = False) -> Surroundings:
    return Surroundings(
        secret=lambda: token,
        read_only=read_only,
        observe=lambda event: witness.value("an event", event),
    )
