"""How requests are sent: TLS policy, credential, timeouts, redaction, retries of reads.

A `Transport` belongs to one connector and one event loop. It never shows the credential: the
header is put in at the last moment, and no error raised here holds a request, a header or a body,
not even in its context. Writes are sent exactly once, on a fresh connection.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import stamina
from pydantic import SecretStr

from keyturn_providers import failures
from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.echoes import headers_without, without
from keyturn_providers.errors import (
    BadAnswer,
    Misconfigured,
    NotAuthenticated,
    ProviderError,
    Throttled,
)
from keyturn_providers.exchange import (
    BEARER,
    Answer,
    AuthHeader,
    Call,
    RenewedCredential,
    Retries,
    Signer,
    Timeouts,
    content_of,
    request_id_in,
)
from keyturn_providers.heard import Exchange, tell
from keyturn_providers.http_lane import Lane, lane, tls_context
from keyturn_providers.lanes import Lanes
from keyturn_providers.last_look import last_look
from keyturn_providers.origin import checked_base, origin_of, same_origin, target_of
from keyturn_providers.pacing import Pacer
from keyturn_providers.presenting import Credential, Presenting
from keyturn_providers.ratelimit import Window, retry_after
from keyturn_providers.sightings import Seen, certificate_end, seen_in
from keyturn_providers.text import safe

__all__ = [
    "BEARER",
    "Answer",
    "AuthHeader",
    "Retries",
    "Signer",
    "Timeouts",
    "Transport",
    "origin_of",
    "same_origin",
]

# Without a handler Python prints stamina's warnings to the terminal, over the dashboard.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": "keyturn",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_MOST_CONNECTIONS = 20
# Who sends a change holds a lease meanwhile and must renew it: a longer wait is the caller's.
_LONGEST_WRITE_WAIT_S = 10.0


class _Again(Exception):
    """A read that failed so that it may be sent again."""

    def __init__(self, error: ProviderError) -> None:
        self.error = error
        super().__init__(str(error))


class Transport:
    """Requests to one server: guarded, paced, observed, and every failure put into words.

    `source` is the source's name, for messages. `base_url` must be https, or http on loopback:
    else `Misconfigured`. `auth` None sends no credential; a `Signer` makes one for each request.
    `ca_file` is trusted in addition to the system's and certifi's authorities (SSL_CERT_FILE and
    SSL_CERT_DIR replace those). Proxies from the environment are used for https only: over plain
    http they would read the token. `explain` takes an error body and returns the server's own
    sentence, or "". `renewed` gives the credential instead of `surroundings.secret`, for one that
    has to be fetched and runs out. `judge` is given an answer with an unwanted status, and whether
    it was to a write; it returns the error that this vendor means by it, or None for what the
    status means everywhere.
    """

    def __init__(
        self,
        source: str,
        base_url: str,
        surroundings: Surroundings,
        *,
        auth: AuthHeader | Signer | None = BEARER,
        headers: Mapping[str, str] | None = None,
        ca_file: Path | None = None,
        explain: Callable[[bytes], str] | None = None,
        retries: Retries | None = None,
        timeouts: Timeouts | None = None,
        pacer: Pacer | None = None,
        max_body: int = 32 * 1024 * 1024,
        renewed: RenewedCredential | None = None,
        judge: Callable[[Answer, bool], ProviderError | None] | None = None,
    ) -> None:
        self.source = source
        try:
            self.base_url = checked_base(base_url)
        except ValueError as error:
            problem = str(error)
        else:
            problem = ""
        if problem:
            raise Misconfigured(source, "reading the settings", problem, failures.CHECK_URL)
        self._surroundings = surroundings
        self._credentials = Presenting(source, surroundings, auth, renewed)
        self._explain = explain or (lambda _: "")
        self._judge = judge or (lambda _answer, _writes: None)
        self._retries = retries or Retries()
        self._timeouts = timeouts or Timeouts()
        self._max_body = max_body
        self._pacer = pacer or Pacer(reserve=surroundings.rate_reserve, observe=self._tell_wait)
        self._seen: Seen | None = None
        scheme, host, _ = origin_of(self.base_url)
        self._host = host
        tls = tls_context(source, ca_file) if scheme == "https" else None
        self._headers = {**_ALWAYS, **(headers or {})}
        # A write must not meet a kept connection that the server has just closed: its outcome
        # would be unknown for no reason. So writes have a pool that keeps none.
        times = self._timeouts
        self._reads = Lanes(lambda: lane(tls, times, kept=True), _MOST_CONNECTIONS)
        self._writes = Lanes(lambda: lane(tls, times, kept=False), _MOST_CONNECTIONS)

    def __repr__(self) -> str:
        return f"Transport({self.source!r}, {self.base_url!r})"

    @property
    def seen(self) -> Seen | None:
        """What the newest answer showed of the server; None before the first."""
        return self._seen

    def windows(self) -> Mapping[str, Window]:
        """The rate limits that the server told of and that have not been reset since, by class;
        `resets_at` is seconds from now."""
        return self._pacer.windows()

    async def aclose(self) -> None:
        """Closes all connections. The transport cannot be used afterwards."""
        for one in (*self._reads.made, *self._writes.made):
            await one.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        what: str,
        writes: bool,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        form: Mapping[str, str | SecretStr] | None = None,
        headers: Mapping[str, str] | None = None,
        ok: tuple[int, ...] = (200,),
        limit_class: str = "",
    ) -> Answer:
        """Sends a request and returns the answer if its status is in `ok`.

        The body is `json`, or `form` as a web form, or none. `path` is below the base URL (ids in
        it encoded with `origin.segment`), or an absolute URL of the same origin, as paging links.
        `what` names the attempt for messages ("listing users"). With `writes` it is sent at most
        once, and an error says whether nothing was done (`Unreachable`, `Throttled`, and all with
        a definite answer) or nobody knows (`OutcomeUnknown`). Reads are sent again as `Retries`
        says. Raises `ProviderError` only.
        """
        if form is not None:
            headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        target, problem = "", ""
        try:
            target = target_of(self.base_url, path)
        except ValueError as error:
            problem = str(error)
        if problem:
            raise BadAnswer(self.source, what, problem, failures.CHECK_URL)
        content = content_of(json, form)
        call = Call(method, target, what, writes, params, content, headers, ok, limit_class)
        if writes:
            failure: ProviderError
            try:
                return await self._once(call)
            except _Again as again:
                failure = again.error
            raise failure
        return await self._read(call)

    def failure(self, answer: Answer, *, writes: bool) -> ProviderError:
        """The error that an answer with a wanted status stands for after all."""
        judged = self._judge(answer, writes)
        if judged is not None:
            return judged
        told = retry_after(answer.headers, time.time())
        if answer.status != 429 and "retry-after" not in answer.headers:
            told = None  # a window's reset, which many send always, promises nothing here
        return failures.refused(
            self.source,
            answer.what,
            answer.status,
            self._explained(answer.body),
            writes=writes,
            retry_after_s=told,
        )

    async def _read(self, call: Call) -> Answer:
        waits = 0

        def backoff(error: Exception) -> bool | float:
            nonlocal waits
            if not isinstance(error, _Again):
                return False
            if isinstance(error.error, Throttled):
                return False  # refused as often as is borne: see `_unrefused`
            longest = min(self._retries.longest_wait_s, self._retries.first_wait_s * 2.0**waits)
            waits += 1
            # Half of it random, so that many clients do not come back at the same moment.
            delay = longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, hides nothing
            if waits < self._retries.attempts:
                self._tell_wait(delay, f"trying again: {error.error.why}")
            return delay

        failure: ProviderError
        failed: list[_Again] = []
        try:
            return await self._unrefused(call)  # without the machinery that few requests need
        except _Again as again:
            failed.append(again)
        try:
            async for attempt in stamina.retry_context(
                on=backoff, attempts=self._retries.attempts, timeout=None
            ):
                with attempt:
                    if failed:
                        raise failed.pop()
                    return await self._unrefused(call)
            raise AssertionError("stamina ends with an answer or an error")
        except _Again as again:
            failure = again.error
        raise failure

    async def _unrefused(self, call: Call) -> Answer:
        """Sends as often as a rate limit refuses, for nothing was done then; the pacer makes this
        and every other task wait first."""
        for _ in range(self._retries.refusals):
            try:
                return await self._follow(call)
            except _Again as again:
                if not isinstance(again.error, Throttled):
                    raise
        return await self._follow(call)

    async def _follow(self, call: Call) -> Answer:
        for _ in range(_MOST_REDIRECTS):
            answer = await self._once(call)
            if answer.status in call.ok or answer.status not in _REDIRECTS:
                return answer
            call = call.to(self._redirect_target(call, answer))
        raise BadAnswer(self.source, call.what, "It redirects round and round.", failures.CHECK_URL)

    def _redirect_target(self, call: Call, answer: Answer) -> str:
        problem = ""
        try:
            return target_of(self.base_url, answer.headers.get("location", ""))
        except ValueError as error:
            problem = f"It answered {answer.status}, a redirect. {error}"
        raise BadAnswer(self.source, call.what, problem, failures.CHECK_URL)

    async def _once(self, call: Call) -> Answer:
        """One request. Raises `_Again` for a failure that a read survives."""
        held = self._pacer.holds_for(call.limit_class, writes=call.writes)
        longest = self._retries.longest_pause_s
        if held > (min(longest, _LONGEST_WRITE_WAIT_S) if call.writes else longest):
            raise failures.throttled(
                self.source, call.what, self._pacer.reason(call.limit_class), held
            )
        credential = await self._credentials.current(call)
        async with self._pacer.turn(writes=call.writes, limit_class=call.limit_class):
            status, headers, body = await self._exchange(call, credential)
            if status not in {429, 503}:
                self._pacer.learn(headers, call.limit_class)
        answer = Answer(
            status, request_id_in(headers), call.url, headers, body, self.source, call.what
        )
        if status in call.ok or (status in _REDIRECTS and not call.writes):
            return answer
        error = self.failure(answer, writes=call.writes)
        if isinstance(error, NotAuthenticated):
            self._credentials.refused()
        if isinstance(error, Throttled) and (status == 429 or "retry-after" in headers):
            told = retry_after(headers, time.time())
            error = failures.throttled(
                self.source,
                call.what,
                error.why.removesuffix(" Nothing was done."),
                self._pacer.refuse(told, call.limit_class),
            )
            if error.retry_after_s > self._retries.longest_pause_s:
                raise error
        raise _Again(error) if failures.may_heal(status) else error

    async def _exchange(
        self, call: Call, credential: Credential | None
    ) -> tuple[int, dict[str, str], bytes]:
        async with (self._writes if call.writes else self._reads).one() as free:
            last_look()
            return await self._exchange_on(free, call, credential)

    async def _exchange_on(
        self, free: Lane, call: Call, credential: Credential | None
    ) -> tuple[int, dict[str, str], bytes]:
        started, started_s = time.monotonic(), time.time()
        status: int | None = None
        request_id = ""
        failure: ProviderError | None = None
        again = True
        said = b""
        try:
            async with (
                asyncio.timeout(self._timeouts.whole),
                aclosing(await free.send(self._request(call, credential))) as response,
            ):
                # What is said of a failure is quoted in messages, and may repeat what was sent.
                sent = credential.secrets if credential is not None else ()
                headers = headers_without(sent, response.headers.items())
                status, request_id = response.status_code, request_id_in(headers)
                self._seen = seen_in(
                    headers,
                    started_s,
                    time.time(),
                    certificate_end(response.extensions.get("network_stream")),
                )
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > self._max_body:
                        break
                if len(body) <= self._max_body:
                    answer = without(sent if status >= 400 else (), bytes(body))
                    said = answer[:65_536] if status >= 400 else b""
                    return status, headers, answer
                failure = failures.too_long(
                    self.source, call.what, self._max_body, writes=call.writes
                )
                again = False
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as e:
            failure, again = failures.not_connected(self.source, call.what, self._host, e)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
            failure = failures.not_sendable(self.source, call.what, call.url)
            again = False
        except (httpx.RequestError, httpx.StreamError, OSError) as e:
            why = _how_it_broke(e)
            failure = failures.cut_short(self.source, call.what, why, writes=call.writes)
        finally:
            elapsed_ms = (time.monotonic() - started) * 1000
            path = safe(urlsplit(call.url).path, 200)
            self._surroundings.observe(
                RequestSeen(self.source, call.method, path, status, elapsed_ms, request_id)
            )
            tell(Exchange(self.source, call.method, path, status, request_id), said)
        # Raised out here: in there the library's exception, which holds the request with the
        # credential, would stay in the context of ours.
        raise _Again(failure) if again else failure

    def _request(self, call: Call, credential: Credential | None) -> httpx.Request:
        typed = {"Content-Type": "application/json"} if call.content is not None else {}
        request = httpx.Request(
            call.method,
            call.url,
            params=call.params,
            content=call.content,
            headers={**self._headers, **typed, **(call.headers or {})},
        )
        if credential is not None:  # last, so that no failure before it has it in sight
            request.headers.update(credential.headers())
        return request

    def _tell_wait(self, seconds: float, reason: str) -> None:
        self._surroundings.observe(Waiting(self.source, seconds, reason))

    def _explained(self, body: bytes) -> str:
        return self._explain(body[:65_536])


def _how_it_broke(error: Exception) -> str:
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return "The request was sent, but the answer did not come in time."
    if isinstance(error, httpx.DecodingError):
        return "The answer could not be unpacked."
    return "The connection broke before the answer was whole."
