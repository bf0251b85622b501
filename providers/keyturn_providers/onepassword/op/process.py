"""Runs one child process to its end: no shell, bounded in time and output, killed when given up.

The child stays in keyturn's session and process group: the desktop app asks for each terminal
session anew, and would ask at every call if each child had one of its own.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keyturn_providers.last_look import last_look

_CHUNK = 65_536
_BURIAL_S = 2.0


class Ending(StrEnum):
    """How a child came to its end."""

    EXITED = "exited"
    KILLED = "killed by a signal"
    TOO_LONG = "took too long"
    TOO_MUCH = "wrote too much"


@dataclass(frozen=True, slots=True)
class Finished:
    """A child that is no more. `code` is its exit code, None where it has none of its own."""

    ending: Ending
    code: int | None
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.ending is Ending.EXITED and self.code == 0


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` from start to end; `stdout` and `stderr` are bytes. Of stderr the rest is dropped,
    for stdout the child is killed: half an answer is none."""

    seconds: float = 60.0
    stdout: int = 64 * 1024 * 1024
    stderr: int = 64 * 1024


async def run(
    argv: Sequence[str], environment: Mapping[str, str], stdin: bytes | None, limits: Limits
) -> Finished:
    """Starts `argv`, feeds `stdin` (None: closed from the start) and waits for the end.

    Raises OSError where it cannot be started, or what the last look raises: then nothing was done.
    When cancelled the child is killed before the cancellation goes on.
    """
    last_look()
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
    )
    out, err = bytearray(), bytearray()
    ending = Ending.EXITED
    try:
        async with asyncio.timeout(limits.seconds):
            _, whole, _ = await asyncio.gather(
                _feed(process.stdin, stdin),
                _keep(process, out, limits.stdout),
                _drain(process.stderr, err, limits.stderr),
            )
            if whole:
                await process.wait()
            else:
                ending = Ending.TOO_MUCH
    except TimeoutError:
        ending = Ending.TOO_LONG
    finally:
        await _bury(process)
    code = process.returncode
    if ending is Ending.EXITED and (code is None or code < 0):
        ending = Ending.KILLED
    return Finished(ending, code if ending is Ending.EXITED else None, bytes(out), bytes(err))


async def _feed(writer: asyncio.StreamWriter | None, data: bytes | None) -> None:
    if writer is None or data is None:
        return
    # A child that ends without reading all it was given tells why by its exit code.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        writer.close()
        await writer.wait_closed()


async def _keep(process: asyncio.subprocess.Process, into: bytearray, most: int) -> bool:
    """Whether all of stdout was read; where it is too much the child is killed at once."""
    reader = process.stdout
    while reader is not None and (chunk := await reader.read(_CHUNK)):
        into += chunk
        if len(into) > most:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            return False
    return True


async def _drain(reader: asyncio.StreamReader | None, into: bytearray, most: int) -> None:
    while reader is not None and (chunk := await reader.read(_CHUNK)):
        into += chunk[: max(0, most - len(into))]


async def _bury(process: asyncio.subprocess.Process) -> None:
    """Kills what still runs and lets go of the pipes, which a grandchild may hold open."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    waiting = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait({waiting}, timeout=_BURIAL_S)
    finally:
        waiting.cancel()
        process._transport.close()  # type: ignore[attr-defined]  # there is no public way
