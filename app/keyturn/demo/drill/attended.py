"""`keyturn drill`: the bad day for whoever sits at the dashboard.

The dashboard is a process of its own. Beside it the day goes wrong by the clock and by what reaches
the tenants; in the middle of the offboarding the dashboard is killed with -9 and started again.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from keyturn.demo.drill import episodes, seen, troubles
from keyturn.demo.drill.child import command
from keyturn.demo.drill.report import Episode, duration, report
from keyturn.demo.drill.terminal import kept_terminal
from keyturn.demo.okta_onepassword.session import DemoSession
from keyturn_providers.records import Side
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_storage.journal import Journal, open_journal

# As in cli.exit_codes, which is above this layer.
_IN_STEP, _NOT_VERIFIED = 0, 5
_LOCKED_AFTER_S = 25.0
_LOCKED_FOR_S = 20.0
_KILL_AFTER_WRITES = 4
_LOOK_EVERY_S = 0.1
Out = Callable[[str], None]


@dataclass(slots=True)
class Times:
    """When what happened, in seconds of the monotonic clock; None where it has not."""

    began: float = field(default_factory=time.monotonic)
    began_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    """The same by the time of day, as keyturn notes its reads."""
    locked: float | None = None
    unlocked: float | None = None
    killed: float | None = None
    back: float | None = None
    in_step: float | None = None

    def wall_ms(self, moment: float) -> int:
        """A moment of the monotonic clock as the time of day."""
        return self.began_ms + int((moment - self.began) * 1000)


def attend(session: DemoSession, out: Out) -> int:
    """Opens the dashboard on the bad day and reports when it is left. 0 if nothing is left open and
    the leaver is out, else the exit code of what was not verified."""
    times = Times()
    troubles.storm(session)
    troubles.answer_is_lost(session)
    code = _dashboard(session, times)
    while times.killed is not None and times.back is None:
        out("")
        out("keyturn was killed with -9 in the middle of its work. Its journal is left.")
        out("Press enter to start it again; there, R goes on with what is open.")
        sys.stdin.readline()
        times.back = time.monotonic()
        code = _dashboard(session, times)
    for line in report(_episodes(session, times), time.monotonic() - times.began):
        out(line)
    return code or (_IN_STEP if _all_done(session) else _NOT_VERIFIED)


def _dashboard(session: DemoSession, times: Times) -> int:
    """Runs the dashboard until it is left or killed; gives its exit code, 0 where it was killed."""
    with kept_terminal(), subprocess.Popen(command(session)) as process:  # noqa: S603  ourselves
        over = threading.Event()
        trouble = threading.Thread(
            target=_trouble, args=(session, times, process.pid, over), daemon=True
        )
        trouble.start()
        code = process.wait()
        over.set()
        trouble.join()
    return 0 if code == -signal.SIGKILL else code


def _trouble(session: DemoSession, times: Times, pid: int, over: threading.Event) -> None:
    while not over.wait(_LOOK_EVERY_S):
        now = time.monotonic()
        if times.locked is None and now - times.began > _LOCKED_AFTER_S:
            times.locked = now
            troubles.bridge_restarts(session)
            troubles.sign_in_expires(session)
        if times.locked and times.unlocked is None and now - times.locked > _LOCKED_FOR_S:
            times.unlocked = now
            troubles.operator_signs_in(session)
        if times.killed is None and seen.writes(session) >= _KILL_AFTER_WRITES:
            times.killed = now
            os.kill(pid, signal.SIGKILL)
        if times.killed and times.in_step is None and _all_done(session):
            times.in_step = now


def _all_done(session: DemoSession) -> bool:
    state = onepassword.user_state(session.onepassword, session.leaver_account_id)
    with open_journal(session.places.journal, read_only=True) as journal:
        return state == "SUSPENDED" and not journal.open_runs()


def _episodes(session: DemoSession, times: Times) -> list[Episode]:
    began, now = times.began, time.monotonic()
    in_okta = seen.reads_of(session, Side.DIRECTORY)
    found = [episodes.of_storm(seen.refusals(session), times.began_ms, in_okta)]
    if times.locked is not None:
        found.append(_locked_out(session, times, times.locked, times.unlocked or now))
    done = _all_done(session)
    if times.killed is None:
        words = "Nobody was offboarded, so no answer was lost and nothing was killed."
        return [*found, Episode("the offboarding", 0.0, now - began, (words,), well=done or None)]
    with open_journal(session.places.journal, read_only=True) as journal:
        verdicts = _verdicts(journal)
    again = seen.told_again(session)
    return [
        *found,
        Episode(
            "an answer was lost in the middle of the offboarding, then kill -9",
            times.killed - began,
            (times.back or now) - times.killed,
            (
                f"1Password was told {again} changes more than once."
                if again
                else "1Password was told nothing twice.",
            ),
            well=not again,
        ),
        Episode(
            "keyturn started again and resumed",
            (times.back or now) - began,
            (times.in_step or now) - (times.back or now),
            (
                f"Steps: {verdicts or 'none'}.",
                f"From the first key to the last verified cut: "
                f"{duration((times.in_step or now) - began)}."
                if done
                else "The leaver is not out, or a run is still open: keyturn resume goes on.",
            ),
            well=done,
        ),
    ]


def _locked_out(session: DemoSession, times: Times, since: float, until: float) -> Episode:
    began_ms, ended_ms = times.wall_ms(since), times.wall_ms(until)
    within = [
        one
        for one in seen.reads_of(session, Side.SECRETS)
        if one.cut_by(began_ms, ended_ms) or one.within(began_ms, ended_ms)
    ]
    return episodes.of_locked_out(since - times.began, until - since, within)


def _verdicts(journal: Journal) -> str:
    """How many steps have which verdict, in words."""
    counts = Counter(
        step.verdict or step.state for run in journal.runs() for step in journal.steps(run.id)
    )
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
