"""`keyturn doctor`: configuration, data files and sources, each asked and each answer shown."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed, explain
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.work import cache_of, journal_of, loaded_policy, now_ms
from keyturn.run.connections import Connections, open_connections
from keyturn_providers.contract import About
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Side

_MINUTE_MS = 60_000


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
    """Check configuration, data files and both sources; nothing is changed.

    Every check is made, whatever the others say. Exits with the code of the first that is not well.
    """
    found = [
        Checked("python", Exit.IN_STEP, sys.version.split()[0]),
        *_files(invocation),
        *_sources(invocation),
    ]
    answer.document(
        {
            "checks": [
                {"what": one.what, "well": one.code is Exit.IN_STEP, "words": one.words}
                for one in found
            ]
        }
    )
    for one in found:
        answer.line(f"{'ok  ' if one.code is Exit.IN_STEP else 'WRONG'} {one.what}: {one.words}")
    return next((one.code for one in found if one.code is not Exit.IN_STEP), Exit.IN_STEP)


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


def _sources(invocation: Invocation) -> Iterator[Checked]:
    try:
        loaded = loaded_policy(invocation)
    except Exception as failure:  # noqa: BLE001 - worded like every other
        said: list[str] = []
        yield Checked("keyturn.yaml", explain(failure, said.append), " ".join(said))
        return
    mode = "read-only" if loaded.read_only or invocation.read_only else "read and write"
    yield Checked(
        "keyturn.yaml",
        Exit.IN_STEP,
        f"{loaded.path}, {len(loaded.rules.mappings)} mappings, {mode}",
    )

    async def ask() -> list[About | ProviderError]:
        connections: Connections = open_connections(loaded, read_only=True)
        try:
            answers: list[About | ProviderError] = []
            for side in Side:
                try:
                    answers.append(await connections.of(side).about())
                except ProviderError as failure:
                    answers.append(failure)
            return answers
        finally:
            await connections.aclose()

    try:
        answers = asyncio.run(ask())
    except Exception as failure:  # noqa: BLE001 - worded like every other
        said = []
        yield Checked("sources", explain(failure, said.append), " ".join(said))
        return
    for config, one in zip((loaded.directory, loaded.secrets), answers, strict=True):
        if isinstance(one, ProviderError):
            said = []
            yield Checked(config.name, explain(one, said.append), " ".join(said))
        else:
            yield Checked(config.name, Exit.IN_STEP, _about_words(one))


def _about_words(about: About) -> str:
    parts = [f"{about.source.kind} at {about.address}, tenant {about.source.tenant}"]
    if about.version:
        parts.append(f"version {about.version}")
    if about.own is not None:
        parts.append(f"keyturn is {about.own.name}")
        if about.own.expires_ms is not None:
            minutes = (about.own.expires_ms - now_ms()) // _MINUTE_MS
            parts.append(f"its credential expires in {minutes} min")
    parts.append(f"can {', '.join(sorted(ability.value for ability in about.abilities))}")
    parts.extend(about.notes)
    parts.extend(f"not visible: {spot}" for spot in about.blind_spots)
    return "; ".join(parts)
