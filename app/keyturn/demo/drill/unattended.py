"""`keyturn drill --check`: the bad day without a dashboard, every part looked at from outside.

Each part runs keyturn as a process of its own, as cron or an operator would, and asks the tenants
what they saw.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pydantic import JsonValue

from keyturn.demo.drill import seen, troubles
from keyturn.demo.drill.child import Ran, run
from keyturn.demo.drill.report import Episode, report
from keyturn.demo.okta_onepassword.session import DemoSession
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_storage.journal import open_journal

# As in cli.exit_codes, which is above this layer.
_IN_STEP, _INCOMPLETE, _REFUSED, _NOT_VERIFIED = 0, 3, 4, 5
_KILL_AFTER_WRITES = 4
_PROVEN = "effective and logged"
Out = Callable[[str], None]


@dataclass(slots=True)
class _Day:
    """The drill so far."""

    session: DemoSession
    out: Out
    began: float = field(default_factory=time.monotonic)
    episodes: list[Episode] = field(default_factory=list)

    def ended(self, title: str, since: float, well: bool, *words: str) -> None:
        """Notes how an episode ended, and says so at once."""
        now = time.monotonic()
        episode = Episode(title, since - self.began, now - since, words, well)
        self.episodes.append(episode)
        self.out(f"{'=' if well else '!'} {title}")
        for sentence in words:
            self.out(f"    {sentence}")


def run_drill(session: DemoSession, out: Out) -> int:
    """Runs the bad day, a line at a time to `out`, and ends with the report. 0 if keyturn came
    through all of it, else the exit code of what was not verified."""
    day = _Day(session, out)
    _storm(day)
    _locked_out(day)
    _cut_off(day)
    _resumed(day)
    for line in report(day.episodes, time.monotonic() - day.began):
        out(line)
    return _IN_STEP if all(one.well for one in day.episodes) else _NOT_VERIFIED


def _storm(day: _Day) -> None:
    since = time.monotonic()
    before = seen.refusals(day.session)
    troubles.storm(day.session)
    ran = run(day.session, "refresh")
    troubles.storm_is_over(day.session)
    refused = seen.refusals(day.session) - before
    day.ended(
        "a storm of 429 from Okta",
        since,
        ran.code == _IN_STEP and refused > 0,
        f"Okta refused {refused} requests; keyturn waited and read both sources to the end."
        if ran.code == _IN_STEP
        else f"keyturn refresh ended with {ran.code}. {ran.error}",
    )


def _locked_out(day: _Day) -> None:
    since = time.monotonic()
    troubles.bridge_restarts(day.session)
    troubles.sign_in_expires(day.session)
    looked = run(day.session, "doctor")
    locked, signed_out = _locked_parts(looked.told), _signed_out(looked.told)
    cut = run(day.session, "refresh")
    refused = run(day.session, "offboard", day.session.leaver_email, "--plan-only")
    troubles.operator_signs_in(day.session)
    again = run(day.session, "refresh")
    held = refused.code in (_INCOMPLETE, _REFUSED)
    well = bool(locked) and bool(signed_out) and cut.code == _INCOMPLETE and held
    day.ended(
        "the bridge restarts locked, and the session with 1Password ends",
        since,
        well and again.code == _IN_STEP,
        f"keyturn doctor (exit {looked.code}): not heard of since the restart: "
        f"{', '.join(locked) or 'nothing is missing'}; op: {signed_out or 'nothing is wrong'}",
        f"keyturn refresh (exit {cut.code}): {_words(cut)}",
        f"An offboarding is {'not planned' if held else 'planned'} then (exit {refused.code}).",
        f"Signed in again, a refresh is {'complete' if again.code == _IN_STEP else 'not complete'}"
        f" (exit {again.code}).",
    )


def _cut_off(day: _Day) -> None:
    since = time.monotonic()
    troubles.answer_is_lost(day.session)
    before = seen.writes(day.session)
    ran = run(
        day.session,
        "offboard",
        day.session.leaver_email,
        "--confirm",
        day.session.leaver_email,
        kill_when=lambda: seen.writes(day.session) >= before + _KILL_AFTER_WRITES,
    )
    sent = seen.writes(day.session) - before
    with open_journal(day.session.places.journal) as journal:
        still_open = len(journal.open_runs())
        chain = journal.verify_chain()
    day.ended(
        "an answer is lost in the middle of the offboarding, then kill -9",
        since,
        ran.killed and still_open == 1 and chain.unbroken,
        f"keyturn was killed when {sent} changes had reached the tenants."
        if ran.killed
        else f"keyturn ended by itself with {ran.code}. {ran.error}",
        f"The journal has {still_open} open run, and its chain is "
        f"{'unbroken' if chain.unbroken else 'broken: ' + chain.why}.",
    )


def _resumed(day: _Day) -> None:
    since = time.monotonic()
    troubles.all_is_well(day.session)
    ran = run(day.session, "resume")
    verdicts = _verdicts(ran.told)
    proven = sum(verdict == _PROVEN for verdict in verdicts)
    state = onepassword.user_state(day.session.onepassword, day.session.leaver_account_id)
    again = seen.told_again(day.session)
    with open_journal(day.session.places.journal) as journal:
        still_open = len(journal.open_runs())
    day.ended(
        "keyturn starts again and resumes",
        since,
        ran.code == _IN_STEP and state == "SUSPENDED" and again == 0 and not still_open,
        f"{proven} of {len(verdicts)} steps are {_PROVEN}.",
        f"1Password says {state}, and was told nothing twice."
        if not again
        else f"1Password says {state}, and was told {again} changes more than once.",
        f"{still_open} runs are open.",
        *((ran.error,) if ran.code != _IN_STEP else ()),
    )


def _words(ran: Ran) -> str:
    """What the command answered, in its own words."""
    told = ran.told
    if isinstance(told, dict):
        for key in ("error", "sources"):
            found = told.get(key)
            if isinstance(found, list) and found:
                return " ".join(_sentence(one) for one in found if not _is_complete(one))
    return ran.error or "nothing"


def _locked_parts(told: JsonValue) -> list[str]:
    """The bridge's parts that `keyturn doctor` says may be locked."""
    return [
        str(one.get("subject"))
        for one in _checks(told)
        if one.get("condition") == "unknown" and "locked" in str(one.get("words"))
    ]


def _signed_out(told: JsonValue) -> str:
    """What `keyturn doctor` says of the session with 1Password where that is wrong."""
    return " ".join(
        str(one.get("words"))
        for one in _checks(told)
        if one.get("condition") == "wrong" and one.get("subject") == "op"
    )


def _checks(told: JsonValue) -> Iterator[dict[str, JsonValue]]:
    sources = told.get("sources") if isinstance(told, dict) else None
    for source in sources if isinstance(sources, list) else []:
        checks = source.get("checks") if isinstance(source, dict) else None
        for one in checks if isinstance(checks, list) else []:
            if isinstance(one, dict):
                yield one


def _is_complete(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.get("complete") is True


def _sentence(value: JsonValue) -> str:
    if isinstance(value, dict):
        return f"{value.get('source', '')}: {value.get('words', '')}"
    return str(value)


def _verdicts(told: JsonValue) -> list[str]:
    """The verdict of every step of the resumed runs."""
    if not isinstance(told, dict) or not isinstance(runs := told.get("runs"), list):
        return []
    return [
        str(step.get("verdict"))
        for run_ in runs
        if isinstance(run_, dict) and isinstance(steps := run_.get("steps"), list)
        for step in steps
        if isinstance(step, dict)
    ]
