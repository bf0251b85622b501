"""What `op` writes when a call fails, as recorded, and what keyturn makes of it."""

import pytest

from keyturn_providers.errors import (
    Conflict,
    Gone,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    Unreachable,
)
from keyturn_providers.onepassword.op.classify import Trouble, understand
from keyturn_providers.onepassword.op.failures import failure, not_started
from keyturn_providers.onepassword.op.process import Ending, Finished

STAMP = "[ERROR] 2026/11/26 01:02:03 "

# text after the stamp, exit code, trouble, error of a read, error of a write
RECORDED = [
    (
        "You are not currently signed in. Please run `op signin --help` for instructions",
        1,
        Trouble.NOT_SIGNED_IN,
        NotAuthenticated,
        NotAuthenticated,
    ),
    (
        "account is not signed in",
        1,
        Trouble.NOT_SIGNED_IN,
        NotAuthenticated,
        NotAuthenticated,
    ),
    (
        "session expired, sign in to create a new session",
        1,
        Trouble.SESSION_EXPIRED,
        NotAuthenticated,
        NotAuthenticated,
    ),
    (
        "no account found for filter acme.example",
        1,
        Trouble.NO_ACCOUNT,
        NotAuthenticated,
        NotAuthenticated,
    ),
    (
        "service account token set, but not authenticated yet",
        1,
        Trouble.SERVICE_ACCOUNT_UNUSED,
        NotAuthenticated,
        NotAuthenticated,
    ),
    (
        (
            "error initializing client: Authentication: (failed to auth.LookupAuth), bad request"
            " Server: (403) (Forbidden (Service Account Deleted)), Service Account Deleted"
        ),
        1,
        Trouble.SERVICE_ACCOUNT_GONE,
        NotAuthenticated,
        NotAuthenticated,
    ),
    (
        "connecting to desktop app: cannot connect to 1Password app, make sure it is running",
        1,
        Trouble.APP_REFUSED,
        NotAuthenticated,
        NotAuthenticated,
    ),
    (
        (
            '"Dana" isn\'t a user in this account. Specify the user with their UUID, email'
            " address, or name."
        ),
        1,
        Trouble.NOT_FOUND,
        Gone,
        Gone,
    ),
    (
        "(404) Not Found: The requested resource was not found.",
        4,
        Trouble.NOT_FOUND,
        Gone,
        Gone,
    ),
    (
        '"Eng" isn\'t a group in this account. Specify the group with its UUID or name.',
        1,
        Trouble.NOT_FOUND,
        Gone,
        Gone,
    ),
    (
        '"Payments" isn\'t a vault in this account. Specify the vault with its ID or name.',
        1,
        Trouble.NOT_FOUND,
        Gone,
        Gone,
    ),
    (
        (
            'More than one item matches "X". Try again and specify the item by its ID:\n'
            '\t* for the item "X" in vault Private: 7e5k4zq2h3m5x7c2v4b6n8a1s9'
        ),
        1,
        Trouble.AMBIGUOUS,
        Conflict,
        Conflict,
    ),
    (
        "(403) Forbidden: You aren't authorized to perform this action.",
        4,
        Trouble.FORBIDDEN,
        NotAllowed,
        NotAllowed,
    ),
    (
        (
            "(403) Forbidden (Firewall Rule): The IP address of your SCIM bridge was blocked by a"
            " 1Password firewall rule."
        ),
        4,
        Trouble.FIREWALL,
        NotAllowed,
        NotAllowed,
    ),
    (
        (
            "(429) Too Many Requests: You've reached the maximum number of this type of requests"
            " this service account is allowed to make. Please retry in 58 minutes or try other"
            " requests."
        ),
        4,
        Trouble.RATE_LIMITED,
        Throttled,
        Throttled,
    ),
    ("request was rate-limited", 1, Trouble.RATE_LIMITED, Throttled, Throttled),
    (
        "cannot revoke: the accessor doesn't have any permissions on this vault",
        1,
        Trouble.NOT_HELD,
        Conflict,
        Conflict,
    ),
    (
        "view_items is dependent on the permission(s) [edit_items, archive_items]",
        1,
        Trouble.DEPENDENT,
        Conflict,
        Conflict,
    ),
    ("Dana is already a member of Engineering", 1, Trouble.ALREADY_MEMBER, Conflict, Conflict),
    (
        "(400) Bad Request: Resource Invalid: the email's domain is not allowed",
        4,
        Trouble.REFUSED,
        Unreachable,
        Conflict,
    ),
    (
        (
            'invalid argument "5q" for "--deauthorize-devices-after" flag: time: unknown unit "q"'
            ' in duration "5q"'
        ),
        1,
        Trouble.BAD_CALL,
        Misconfigured,
        Misconfigured,
    ),
    (
        "(400) Bad Request: The structure of the request was invalid.",
        4,
        Trouble.REFUSED,
        Unreachable,
        Conflict,
    ),
    (
        "expected at most 0 arguments but got 1",
        1,
        Trouble.BAD_CALL,
        Misconfigured,
        Misconfigured,
    ),
    # What was not found is not told: it may be a host, and proves nobody gone.
    ("not found", 1, Trouble.UNCLEAR, Unreachable, OutcomeUnknown),
    (
        'Get "https://acme.1password.com/": dial tcp: lookup acme.1password.com: no such host',
        1,
        Trouble.NO_NETWORK,
        Unreachable,
        Unreachable,
    ),
    (
        'Post "https://acme.1password.com/": read tcp: connection reset by peer',
        1,
        Trouble.CUT_SHORT,
        Unreachable,
        OutcomeUnknown,
    ),
    (
        "(502) Bad Gateway: Something is wrong.",
        4,
        Trouble.SERVER_FAILED,
        Unreachable,
        OutcomeUnknown,
    ),
    ("the moon is in the wrong place", 1, Trouble.UNCLEAR, Unreachable, OutcomeUnknown),
]


@pytest.mark.parametrize(("text", "code", "trouble", "of_read", "of_write"), RECORDED)
def test_recorded_texts(
    text: str,
    code: int,
    trouble: Trouble,
    of_read: type[ProviderError],
    of_write: type[ProviderError],
) -> None:
    stderr = (STAMP + text + "\n").encode()
    said = understand(stderr)
    assert said.trouble is trouble
    assert "[ERROR]" not in said.words
    assert "2026/" not in said.words
    finished = Finished(Ending.EXITED, code, b"", stderr)
    for writes, wanted in ((False, of_read), (True, of_write)):
        error = failure("1password", "reading", finished, writes=writes)
        assert type(error) is wanted
        assert error.next_step.endswith(".")
        assert said.words[:20] in error.why


def test_a_panic_is_read_without_a_stamp() -> None:
    stderr = b"panic: runtime error: index out of range\n\ngoroutine 1 [running]:\n"
    finished = Finished(Ending.EXITED, 2, b"", stderr)
    assert understand(stderr).trouble is Trouble.PANIC
    assert isinstance(failure("s", "w", finished, writes=True), OutcomeUnknown)
    assert isinstance(failure("s", "w", finished, writes=False), Unreachable)


@pytest.mark.parametrize("ending", [Ending.KILLED, Ending.TOO_LONG, Ending.TOO_MUCH])
def test_no_answer_to_a_write_is_an_unknown_outcome(ending: Ending) -> None:
    finished = Finished(ending, None, b"", b"")
    assert isinstance(failure("s", "w", finished, writes=True), OutcomeUnknown)
    assert isinstance(failure("s", "w", finished, writes=False), Unreachable)


def test_how_long_to_wait() -> None:
    told = understand(b"[ERROR] (429) Too Many Requests: Please retry in 58 minutes or later.")
    assert told.retry_after_s == 58 * 60
    assert understand(b"rate-limited").retry_after_s == 600


def test_a_warning_before_the_error_is_not_the_reason() -> None:
    stderr = b"[WARN] the session expires soon: rate-limited\n[ERROR] 2026/11/26 01:02:03 (403) no"
    assert understand(stderr).trouble is Trouble.FORBIDDEN


def test_what_is_quoted_is_safe_short_and_without_tokens() -> None:
    token = "ops_" + "eyJzaWduSW5BZGRyZXNzIjoi" * 3
    said = understand(f"[ERROR] odd \x1b]52;c;AAAA\x07 {token} {'x' * 999}".encode())
    assert "\x1b" not in said.words
    assert "ops_" not in said.words
    assert "eyJ" not in said.words
    assert len(said.words) <= 240


def test_bytes_that_are_no_text_are_survived() -> None:
    assert understand(b"\xff\xfe\x00").trouble is Trouble.UNCLEAR
    assert understand(b"").trouble is Trouble.UNCLEAR


def test_a_missing_program_is_told_with_what_to_do() -> None:
    error = not_started("1password", "listing people", "op", FileNotFoundError(2, "no"))
    assert isinstance(error, Misconfigured)
    assert "op is not installed" in error.why
    assert "op.command" in error.next_step
    assert "may not be run" in not_started("s", "w", "op", PermissionError(13, "no")).why
