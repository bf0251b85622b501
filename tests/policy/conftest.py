"""Policies to load."""

from collections.abc import Callable

import pytest

from keyturn.policy import LoadedPolicy, PolicyInvalid, Problem
from keyturn.policy.load import parse_policy

HEAD = """\
version: 1
directory: {kind: scim, url: https://idp.example/scim/v2, token_env: SCIM_TOKEN}
secrets:
  kind: openbao
  url: https://bao.example
  token_env: BAO_TOKEN
  audit_log: /var/log/openbao/audit.log
"""
"""Seven lines; what a test adds begins in line 8."""

Loads = Callable[[str], LoadedPolicy]
Refuses = Callable[[str], tuple[Problem, ...]]


@pytest.fixture
def head() -> str:
    """The two sources, in seven lines."""
    return HEAD


@pytest.fixture
def loads() -> Loads:
    """Loads the head with these lines after it."""

    def load(lines: str) -> LoadedPolicy:
        return parse_policy((HEAD + lines).encode(), "keyturn.yaml")

    return load


@pytest.fixture
def refuses() -> Refuses:
    """The problems of the head with these lines after it."""

    def refused(lines: str) -> tuple[Problem, ...]:
        with pytest.raises(PolicyInvalid) as caught:
            parse_policy((HEAD + lines).encode(), "keyturn.yaml")
        return caught.value.problems

    return refused
