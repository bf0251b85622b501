"""`keyturn doctor`: configuration, data files and sources, each asked and each answer shown."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed, explain
from keyturn.cli.health_shown import health_json, show_health, tally
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import cache_of, journal_of, loaded_policy, now_ms
from keyturn.evidence.moments import utc
from keyturn.policy.loaded import LoadedPolicy, SourceConfig
from keyturn.run.silence import allowed_words, silent_sources
from keyturn.run.source_health import SourceHealth, ask_source
from keyturn_providers.contract import Condition
from keyturn_providers.records import Side

_MINUTE_MS = 60_000
_READ_ONLY = "read-only: nothing that changes is opened"


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing looked at. `code` is IN_STEP where it is well."""

    what: str
    code: Exit
    words: str


@click.command(name="doctor")
@json_option
@click.pass_obj
def command(invocation: Invocation, answer: Answer) -> int:
    """Check configuration, data files and both sources; nothing is changed anywhere.

    Each source is asked who keyturn is there, what its credential may do and what stays hidden; a
    source that fails does not keep the other from being asked. Signs: = well, ~ to watch, ! wrong,
    ? not known. Exits with the code of the first thing that is wrong; what is to be watched or not
    known does not count.
    """
    found = [Checked("python", Exit.IN_STEP, sys.version.split()[0]), *_files(invocation)]
    configured, loaded = _configuration(invocation)
    found.append(configured)
    if loaded is not None:
        found.append(_tried("silence", partial(_silence, invocation, loaded)))
    read_only = invocation.read_only or (loaded is not None and loaded.read_only)
    sources = () if loaded is None else asyncio.run(_ask(loaded, read_only=read_only))
    found += (_of_source(one) for one in sources)
    answer.document(_document(found, sources))
    for one in found[: len(found) - len(sources)]:
        answer.line(f"{'=' if one.code is Exit.IN_STEP else '! wrong:'} {one.what}: {one.words}")
    for health in sources:
        show_health(answer, health, cannot_because=_READ_ONLY if read_only else "")
    _sum_up(answer, found, sources)
    return next((one.code for one in found if one.code is not Exit.IN_STEP), Exit.IN_STEP)


async def _ask(loaded: LoadedPolicy, *, read_only: bool) -> tuple[SourceHealth, ...]:
    both = (ask_source(loaded, side, read_only=read_only) for side in Side)
    return tuple(await asyncio.gather(*both))


def _of_source(health: SourceHealth) -> Checked:
    if health.failure is not None:
        said: list[str] = []
        code = explain(health.failure, said.append)
        return Checked(health.name, code, " ".join(said))
    checks = health.about.checks if health.about is not None else ()
    code = Exit.INCOMPLETE if health.worst is Condition.WRONG else Exit.IN_STEP
    return Checked(health.name, code, tally(checks) or "nothing was checked")


def _sum_up(answer: Answer, found: list[Checked], sources: tuple[SourceHealth, ...]) -> None:
    wrong = [one.what for one in found if one.code is not Exit.IN_STEP]
    checks = [one for health in sources if health.about for one in health.about.checks]
    answer.line("")
    answer.line(f"! wrong: {', '.join(wrong)}" if wrong else "= nothing is wrong")
    if checks:
        answer.line(f"  of the sources: {tally(checks)}")


def _document(found: list[Checked], sources: tuple[SourceHealth, ...]) -> Json:
    return {
        "checks": [
            {"what": one.what, "well": one.code is Exit.IN_STEP, "words": one.words}
            for one in found
        ],
        "sources": [health_json(health) for health in sources],
    }


def _tried(what: str, look: Callable[[], str]) -> Checked:
    try:
        return Checked(what, Exit.IN_STEP, look())
    except Exception as failure:  # noqa: BLE001 - each failure is worded, and the next check is made
        said: list[str] = []
        code = explain(failure, said.append)
        return Checked(what, code, " ".join(said))


def _files(invocation: Invocation) -> Iterator[Checked]:
    def journal() -> str:
        with journal_of(invocation) as opened:
            report = opened.verify_chain()
            if not report.unbroken:
                raise VerbFailed(
                    Exit.STORAGE,
                    f"{opened.path}: the chain breaks at entry {report.first_bad}: {report.why} "
                    "Keep the file as it is and compare it with a copy.",
                )
            open_runs = len(opened.open_runs())
        left = f", {open_runs} runs are open: keyturn resume" if open_runs else ""
        return f"chain of {report.entries} entries is whole{left}"

    def cache() -> str:
        with cache_of(invocation) as opened:
            rows = opened.sources()
        if not rows:
            return "empty: run keyturn refresh"
        return "; ".join(
            f"{row.source.name} read {(now_ms() - row.taken_ms) // _MINUTE_MS} min ago, "
            f"{'complete' if row.complete else 'not complete'}"
            for row in rows
        )

    yield _tried("journal.db", journal)
    yield _tried("cache.db", cache)


def _silence(invocation: Invocation, loaded: LoadedPolicy) -> str:
    """Of each side the source that is configured and was read last; one never read is no alarm
    here: that it is to be read for the first time, the line of the cache says."""
    asked = {(side, source.kind) for side, source in _configured(loaded)}
    with cache_of(invocation) as cache:
        newest = {
            row.source.side: row
            for row in sorted(cache.sources(), key=lambda row: row.taken_ms)
            if (row.source.side, row.source.kind) in asked
        }
        sources = [newest[side].source for side in Side if side in newest]
        silent = silent_sources(cache, sources, loaded.silence_ms, now_ms())
    allowed = allowed_words(loaded.silence_ms)
    if silent:
        said = (
            one.words(loaded.silence_ms, "" if one.last_ms is None else utc(one.last_ms))
            for one in silent
        )
        raise VerbFailed(Exit.SILENT, "; ".join(said) + ".")
    names = " and ".join(source.name for source in sources)
    return f"{allowed}; {f'{names} read whole within it' if names else 'nothing was read yet'}"


def _configured(loaded: LoadedPolicy) -> Iterator[tuple[Side, SourceConfig]]:
    yield Side.DIRECTORY, loaded.directory
    yield Side.SECRETS, loaded.secrets


def _configuration(invocation: Invocation) -> tuple[Checked, LoadedPolicy | None]:
    try:
        loaded = loaded_policy(invocation)
    except Exception as failure:  # noqa: BLE001 - worded like every other
        said: list[str] = []
        return Checked("keyturn.yaml", explain(failure, said.append), " ".join(said)), None
    mode = "read-only" if loaded.read_only or invocation.read_only else "read and write"
    words = f"{loaded.path}, {len(loaded.rules.mappings)} mappings, {mode}"
    return Checked("keyturn.yaml", Exit.IN_STEP, words), loaded
