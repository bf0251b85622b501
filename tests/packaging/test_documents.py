"""README and --help say what the program does, and CI runs what the README tells users to run."""

import re
from pathlib import Path

import pytest

from keyturn.cli.app import VERBS, run
from keyturn.cli.exit_codes import MEANING, Exit

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme_and_takes_json(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    row = rf"\| `keyturn {verb}(?: [A-Za-z]+)?` \| {re.escape(VERBS[verb])} \|"
    assert re.search(row, README), f"keyturn {verb} has no row in the README"
    below = {"policy": ["check"], "retention": ["purge"]}.get(verb, [])
    assert run([verb, *below, "--help"]) == Exit.IN_STEP
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize("code", Exit)
def test_every_exit_code_is_in_the_readme_and_in_help(
    code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"| {int(code)} | {MEANING[code]} |" in README
    run(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert f"{int(code)} {MEANING[code]}" in shown


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert len(pictures) >= 3
    assert [name for name in pictures if not (ROOT / name).is_file()] == []


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    marked = re.search(r"<!-- test-command -->\n```sh\n(.+?)\n```", README, re.DOTALL)
    assert marked is not None
    assert marked[1] == "pip install uv && uv run --group openbao pytest"
    assert "<!-- test-command -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [["who"], ["refresh", "--no-such-option"], ["no-such-verb"], ["apply"]]
)
def test_a_usage_mistake_is_one_message_and_exit_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == Exit.USAGE
    said = capsys.readouterr().err
    assert "Error:" in said
    assert "Traceback" not in said
