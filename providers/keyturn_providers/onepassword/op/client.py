"""The calls of `op`: how one is made, paced, and what its answer is."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import SecretStr

from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.errors import Misconfigured, NotAuthenticated, ProviderError, Throttled
from keyturn_providers.heard import Exchange, tell
from keyturn_providers.onepassword.op import failures
from keyturn_providers.onepassword.op.classify import Trouble, understand
from keyturn_providers.onepassword.op.environment import scrubbed, usable, with_token
from keyturn_providers.onepassword.op.process import Ending, Finished, Limits, run
from keyturn_providers.onepassword.op.settings import OpSettings
from keyturn_providers.text import safe

READS_AT_ONCE = 4
SECONDS_PER_OBJECT = 1.0
"""How much longer a call may take for each object it is given on stdin."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call answered. `trouble` is set only where the caller asked for it to be returned."""

    stdout: bytes
    trouble: Trouble | None = None
    words: str = ""


class OpClient:
    """Starts `op` for one account. Reads run four at a time, writes one after the other.

    After a rate limit nothing is started until the time it asked for has passed: every call raises
    `Throttled` with what is left of it.
    """

    def __init__(
        self, source: str, account: str, settings: OpSettings, surroundings: Surroundings
    ) -> None:
        self.source = source
        self._account = account
        self._flags = _flags(account)
        self._settings = settings
        self._surroundings = surroundings
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._writes = asyncio.Lock()
        self._token: SecretStr | None = None
        self._held_until = 0.0
        self._paced_until = 0.0

    def pin(self, account_id: str) -> None:
        """From now on asks this account only, where the settings name none: `op` goes by whom one
        signed in as last, and that may be another account by then."""
        if self._account == "":
            self._flags = _flags(account_id)

    async def read(
        self,
        *words: str,
        what: str,
        stdin: bytes | None = None,
        objects: int = 0,
        plain: bool = False,
        returned: frozenset[Trouble] = frozenset(),
    ) -> Reply:
        """A call that changes nothing. `words` are noun, verb and arguments; ids only, no secrets.

        A failure in `returned` is given back with what came on stdout before it; all others raise.
        `plain` asks for no JSON and of no account.
        """
        async with self._reads:
            limit = self._settings.timeout_s + objects * SECONDS_PER_OBJECT
            said = words if plain else (*words, *self._flags)
            return await self._call(said, what, stdin, limit, returned, writes=False)

    async def write(
        self,
        *words: str,
        what: str,
        paced: bool = False,
        returned: frozenset[Trouble] = frozenset(),
    ) -> Reply:
        """A call that changes something, sent once. With `paced` it keeps the settings' distance
        from the paced one before. `OutcomeUnknown` where nobody knows whether it was done."""
        async with self._writes:
            if paced:
                await self._keep_distance()
            try:
                limit = self._settings.timeout_s
                said = (*words, *self._flags)
                return await self._call(said, what, None, limit, returned, writes=True)
            finally:
                if paced:
                    self._paced_until = time.monotonic() + self._settings.pace_writes_s

    async def _call(
        self,
        words: Sequence[str],
        what: str,
        stdin: bytes | None,
        seconds: float,
        returned: frozenset[Trouble],
        *,
        writes: bool,
    ) -> Reply:
        left = self._held_until - time.monotonic()
        if left > 0:
            raise failures.held_back(self.source, what, "op said that it is rate-limited.", left)
        self._check(words, what)
        finished = await self._started(words, what, stdin, seconds)
        if isinstance(finished, ProviderError):
            raise finished
        if finished.ok:
            return Reply(finished.stdout)
        if finished.ending is Ending.EXITED:
            said = understand(finished.stderr)
            if said.trouble in returned:
                return Reply(finished.stdout, said.trouble, said.words)
        error = failures.failure(self.source, what, finished, writes=writes)
        if isinstance(error, Throttled):
            self._held_until = time.monotonic() + error.retry_after_s
            reason = "1Password said that this session is rate-limited"
            self._surroundings.observe(Waiting(self.source, error.retry_after_s, reason))
        if isinstance(error, NotAuthenticated):
            self._token = None  # it may have been renewed where it comes from
        raise error

    async def _started(
        self, words: Sequence[str], what: str, stdin: bytes | None, seconds: float
    ) -> Finished | ProviderError:
        """The child, ended, or the error where it could not be started. Errors are raised by the
        caller: the frame in here holds the environment, with the credential in it."""
        environment = await self._environment(what)
        argv = (*self._settings.command, *words)
        started = time.monotonic()
        code: int | None = None
        said = b""
        try:
            finished = await run(argv, environment, stdin, Limits(seconds))
            code = finished.code
            said = self._untold(finished.stderr) if code else b""
        except OSError as error:
            return failures.not_started(self.source, what, self._settings.command[0], error)
        finally:
            elapsed_ms = (time.monotonic() - started) * 1000
            seen = RequestSeen(self.source, "op", _shown(words), code, elapsed_ms)
            self._surroundings.observe(seen)
            tell(Exchange(self.source, "op", _shown(words), code), said)
        return replace(finished, stderr=self._untold(finished.stderr))

    def _untold(self, written: bytes) -> bytes:
        """What op says may be quoted in a message; should it repeat the credential, that is not."""
        if self._token is None:
            return written
        return written.replace(self._token.get_secret_value().encode(), b"(removed)")

    def _check(self, words: Sequence[str], what: str) -> None:
        if any("\0" in word for word in words):
            raise Misconfigured(
                self.source, what, "An id or name holds a NUL character.", "Nothing was sent."
            )

    async def _environment(self, what: str) -> dict[str, str]:
        environment = scrubbed(os.environ)
        if not self._settings.has_token:
            return environment
        if self._token is None:
            # It may come from a command that takes its time.
            self._token = await asyncio.to_thread(self._surroundings.secret_of, "op")
        if not usable(self._token):
            raise Misconfigured(
                self.source,
                what,
                "The session token is empty or holds a NUL character.",
                failures.SIGN_IN,
            )
        return with_token(environment, self._token, self._settings.token_env or "")

    async def _keep_distance(self) -> None:
        left = self._paced_until - time.monotonic()
        if left > 0:
            reason = "vault permissions are changed at 1Password's own pace"
            self._surroundings.observe(Waiting(self.source, left, reason))
            await asyncio.sleep(left)


def _flags(account: str) -> tuple[str, ...]:
    return ("--format", "json", *(("--account", account) if account else ()))


def _shown(words: Sequence[str]) -> str:
    """Noun, verb and the object's id, without flags: what the activity list shows."""
    return safe(" ".join(words).partition(" --")[0], 200)
