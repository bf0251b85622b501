"""`keyturn demo --check`: the whole main job on real servers without a terminal, proven.

Reads both servers, lists the drift, offboards the leaver, and then proves it from outside: with
the leaver's own token and login, with the audit log, and with a second reading.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from pydantic import SecretStr

from keyturn.decide.findings import Finding
from keyturn.decide.plans import Plan, Verdict
from keyturn.demo.openbao.leaver_token import log_in, may_log_in, opens
from keyturn.demo.openbao.session import DemoSession
from keyturn.policy.load import load_policy
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.apply import apply
from keyturn.run.assess import Assessment, assess
from keyturn.run.clock import Clock, system_clock
from keyturn.run.connections import Connections, open_connections
from keyturn.run.persons import find_person
from keyturn.run.planning import plan_offboard
from keyturn.run.recover import resume
from keyturn.run.refresh import refresh
from keyturn.run.results import RunResult
from keyturn_providers.records import Side
from keyturn_providers.text import safe
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.snapshots import Cache, open_cache

# As in cli.exit_codes, which is above this layer.
_INCOMPLETE, _REFUSED, _NOT_VERIFIED = 3, 4, 5
_OPERATOR = "keyturn demo --check"
Out = Callable[[str], None]


class CheckFailed(Exception):
    """Something is not as it must be. `code` is the exit code."""

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        super().__init__(words)


def run_check(session: DemoSession, out: Out) -> int:
    """Runs the whole check, a line at a time to `out`. 0 if everything was seen to be so; else the
    exit code that fits, with a line that says what was not. Errors of the sources are raised."""
    return asyncio.run(_checked(session, out))


async def _checked(session: DemoSession, out: Out) -> int:
    loaded = load_policy(session.places.config)
    connections = open_connections(loaded, read_only=False)
    try:
        with (
            open_cache(session.places.cache) as cache,
            open_journal(session.places.journal) as journal,
        ):
            await _check(_Work(session, loaded, connections, cache, journal, out))
    except CheckFailed as failure:
        out(f"FAILED: {failure}")
        return failure.code
    finally:
        await connections.aclose()
    out("Everything was seen to be so: the check passed.")
    return 0


class _Work:
    """What every part of the check needs."""

    def __init__(
        self,
        session: DemoSession,
        loaded: LoadedPolicy,
        connections: Connections,
        cache: Cache,
        journal: Journal,
        out: Out,
    ) -> None:
        self.session = session
        self.loaded = loaded
        self.connections = connections
        self.cache = cache
        self.journal = journal
        self.out = out
        self.clock: Clock = system_clock()

    async def read(self) -> Assessment:
        """Both sources read whole, and assessed."""
        report = await refresh(
            self.connections,
            self.cache,
            observe=lambda _: None,
            stop=lambda: False,
            clock=self.clock,
        )
        for source in (report.directory, report.secrets):
            self.out(f"{source.source}: {source.words}")
        if not report.complete:
            raise CheckFailed(_INCOMPLETE, "a source was not read completely.")
        return assess(self.cache, self.loaded.rules, self.clock.now_ms())


async def _check(work: _Work) -> None:
    session, out = work.session, work.out
    leaver = session.leaver
    before = await work.read()
    _show_drift(before.findings, out)
    person = find_person(before.world, leaver.email)
    theirs = _about(person.key, before)
    if not theirs:
        raise CheckFailed(_NOT_VERIFIED, f"{person.name} shows no drift, so there is no leaver.")

    out("")
    out(f"{person.name} logs in to OpenBao as always, and opens {session.vault}:")
    token = await log_in(session.secrets_url, leaver.login, leaver.password)
    await _expect(work, token, 200)

    plan = await plan_offboard(
        leaver.email,
        work.connections,
        work.cache,
        work.journal,
        loaded=work.loaded,
        clock=work.clock,
    )
    _show_plan(plan, out)
    if plan.refused or not plan.operations:
        raise CheckFailed(_REFUSED, "a guard refuses the plan, or there is nothing in it.")
    result = await apply(
        plan,
        work.connections,
        work.journal,
        loaded=work.loaded,
        observe=lambda _: None,
        stop=lambda: False,
        clock=work.clock,
        operator=_OPERATOR,
        confirmed=plan.confirm_with,
    )
    _show_result(result, out)

    out("")
    out("Proof from outside keyturn:")
    await _expect(work, token, 403)
    await _no_new_login(work)
    _in_audit_log(work, result)
    await _in_step(work, person.key, person.name)
    await _nothing_open(work)


async def _expect(work: _Work, token: SecretStr, wanted: int) -> None:
    session = work.session
    status = await opens(session.secrets_url, token, session.vault)
    work.out(f"  the leaver's own token on {session.vault}: {status}")
    if status != wanted:
        raise CheckFailed(_NOT_VERIFIED, f"the vault answered {status}, not {wanted}.")


async def _no_new_login(work: _Work) -> None:
    leaver = work.session.leaver
    if await may_log_in(work.session.secrets_url, leaver.login, leaver.password):
        raise CheckFailed(_NOT_VERIFIED, f"{leaver.login} can still log in.")
    work.out("  a new login: refused")


def _in_audit_log(work: _Work, result: RunResult) -> None:
    """The operation ids, looked for in the log file itself and not through the connector."""
    log = work.session.audit_log.read_text(encoding="utf-8", errors="replace")
    sent = [
        step.operation
        for step in result.steps
        if step.sent and step.operation.change.side is Side.SECRETS
    ]
    missing = [one.words for one in sent if one.id not in log]
    if missing or not sent:
        raise CheckFailed(
            _NOT_VERIFIED, f"not in OpenBao's audit log: {'; '.join(missing) or 'anything'}."
        )
    work.out(f"  OpenBao's audit log holds the ids of all {len(sent)} operations sent to it")


async def _in_step(work: _Work, key: str, name: str) -> None:
    after = await work.read()
    left = _about(key, after)
    if left:
        raise CheckFailed(
            _NOT_VERIFIED, f"still in drift: {'; '.join(finding.words for finding in left)}"
        )
    work.out(f"  read again: no drift is left about {name}; {len(after.findings)} findings in all")


async def _nothing_open(work: _Work) -> None:
    resumed = await resume(
        work.journal,
        work.connections,
        loaded=work.loaded,
        observe=lambda _: None,
        stop=lambda: False,
        clock=work.clock,
        operator=_OPERATOR,
    )
    chain = work.journal.verify_chain()
    if resumed or work.journal.open_runs():
        raise CheckFailed(_NOT_VERIFIED, "a run is still open.")
    if not chain.unbroken:
        raise CheckFailed(_NOT_VERIFIED, f"the journal's chain is broken: {chain.why}")
    work.out("  keyturn resume: nothing is open")


def _about(person_key: str, assessment: Assessment) -> list[Finding]:
    return [finding for finding in assessment.findings if finding.person == person_key]


def _show_drift(findings: Sequence[Finding], out: Out) -> None:
    counts = Counter(finding.kind.value for finding in findings)
    out("")
    out(f"{len(findings)} findings, of {len(counts)} kinds:")
    for kind, number in sorted(counts.items()):
        out(f"  {number:2}  {kind}")
    out("")
    for finding in findings:
        out(f"{finding.sign.value} {finding.severity.value:6}  {safe(finding.words, 240)}")


def _show_plan(plan: Plan, out: Out) -> None:
    out("")
    out(f"Plan {plan.id}: {safe(plan.title)}")
    for operation in plan.operations:
        out(f"  {operation.number}. {safe(operation.words, 240)}")
        _show_all("     also: ", operation.also, out)
    for guard in plan.guards:
        mark = {Verdict.ALLOW: "ok", Verdict.ASK: "ask", Verdict.REFUSE: "REFUSED"}[guard.verdict]
        out(f"  guard {mark}: {guard.guard}: {safe(guard.words, 240)}")
    _show_all("  left alone: ", (f"{one.words} ({one.reason})" for one in plan.left_alone), out)
    _show_all("  not visible: ", plan.blind_spots, out)


def _show_result(result: RunResult, out: Out) -> None:
    out("")
    for step in result.steps:
        told = step.verdict or step.state.value.replace("_", " ")
        out(f"  {step.operation.number}. {told}: {safe(step.operation.words, 200)}")
        if step.error:
            out(f"     {safe(step.error, 300)}")
    out(safe(result.words, 400))
    if result.open or not result.effective:
        raise CheckFailed(_NOT_VERIFIED, "not every step was read back as wanted.")


def _show_all(before: str, texts: Iterable[str], out: Out) -> None:
    for text in texts:
        out(f"{before}{safe(text, 240)}")
