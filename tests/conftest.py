"""Options of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--whole-sweep",
        action="store_true",
        help="kill at every pair of points, not only at every point and a sample of pairs",
    )
