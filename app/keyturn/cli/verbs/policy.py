"""`keyturn policy`: every mistake in keyturn.yaml, and mappings made from the present state."""

import click

from keyturn.cli.adopting import (
    adopted_json,
    drafts_of,
    groups_called,
    remarks,
    write_mappings,
)
from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import cache_of, connectors, loaded_policy, now_ms
from keyturn.decide.adopt import adopt as adopt_from
from keyturn.decide.names import counted, listed
from keyturn.evidence.moments import utc
from keyturn.policy.check import check_against
from keyturn.policy.mapping_text import mapping_lines
from keyturn.policy.problems import PolicyInvalid, Problem
from keyturn.run.assess import NothingRead, read_assessment


@click.group(name="policy")
def command() -> None:
    """Work on keyturn.yaml."""


@command.command(name="check")
@json_option
@click.pass_obj
def check(invocation: Invocation, answer: Answer) -> int:
    """Check keyturn.yaml, every mistake by line and column.

    The form is always checked; names and ids are checked against the newest snapshots, if there are
    any. Exits with 0, or with 2 if there is a mistake.
    """
    try:
        loaded = loaded_policy(invocation)
    except PolicyInvalid as invalid:
        return _answer(answer, str(invocation.places().config), invalid.problems, ())
    found: tuple[Problem, ...] = ()
    not_checked: tuple[str, ...] = ()
    with cache_of(invocation) as cache:
        try:
            read = read_assessment(cache, loaded.rules, now_ms())
            found = check_against(
                loaded.rules, read.directory, read.secrets, places=loaded.places, now_ms=now_ms()
            )
        except NothingRead as nothing:
            not_checked = (f"ids and names were not checked against the sources: {nothing}",)
    return _answer(answer, loaded.path, found, not_checked)


@command.command(name="adopt")
@click.option(
    "--group",
    "groups",
    metavar="GROUP",
    multiple=True,
    help="Only this group, by name or id; of either side; may be repeated.",
)
@click.option(
    "--write",
    "write",
    is_flag=True,
    help="Put them into keyturn.yaml, after those it has; else they are printed.",
)
@json_option
@click.pass_obj
def adopt(invocation: Invocation, groups: tuple[str, ...], write: bool, answer: Answer) -> int:
    """Write mappings from the present state: what groups hold now becomes what should be.

    For every directory group that is not mapped yet and whose group in the secret manager opens
    vaults, from the newest snapshots. Read them before you keep them: what is so by mistake is
    adopted too. What no mapping can say (direct grants, groups without a directory group) is named
    with the reason. Nothing is adopted while a listing of groups or grants is not whole: what was
    not read would look like what should not be.
    """
    loaded = loaded_policy(invocation)
    with cache_of(invocation) as cache:
        world = read_assessment(cache, loaded.rules, now_ms()).world
    adopted = adopt_from(world, groups_called(world, groups))
    drafts = drafts_of(world, adopted)
    read = {one.name: one.snapshot.taken_ms for one in (world.directory, world.secrets)}
    if write and drafts:
        write_mappings(loaded, drafts, connectors())
    written = write and bool(drafts)
    said = list(remarks(adopted))
    answer.document(
        {
            "file": loaded.path,
            "written": written,
            "read_ms": dict(read),
            "missing": list(adopted.missing),
            "mappings": adopted_json(drafts),
            "mapped_already": adopted.mapped,
            "left_out": [{"what": left.words, "why": left.reason} for left in adopted.left_out],
        }
    )
    if adopted.missing:
        answer.line(f"# Nothing is adopted: {listed(adopted.missing)}. keyturn refresh first.")
        return Exit.INCOMPLETE
    rests = " and ".join(f"{name}, read {utc(at_ms)}" for name, at_ms in read.items())
    grants = sum(len(draft.mapping.grants) for draft in drafts)
    number = f"{counted(len(drafts), 'mapping')} with {counted(grants, 'grant')}"
    answer.line(f"# {number}, from {rests}.")
    if drafts and not written:
        answer.line("mappings:")
        for line in mapping_lines(drafts):
            answer.line(line)
    for words in said:
        answer.line(f"# {words}")
    if written:
        answer.line(f"# Written into {loaded.path}: read it, then keyturn policy check.")
    return Exit.IN_STEP


def _answer(
    answer: Answer, path: str, problems: tuple[Problem, ...], not_checked: tuple[str, ...]
) -> int:
    listed: list[Json] = [
        {
            "line": problem.line,
            "column": problem.column,
            "path": problem.path,
            "code": problem.code.value,
            "message": problem.message,
            "warning": problem.warning,
        }
        for problem in problems
    ]
    answer.document({"file": path, "problems": listed, "not_checked": list(not_checked)})
    for problem in problems:
        answer.line(problem.render(path))
    for words in not_checked:
        answer.line(words)
    mistakes = [problem for problem in problems if not problem.warning]
    warnings = len(problems) - len(mistakes)
    answer.line(f"{path}: {_count(len(mistakes), 'mistake')}, {_count(warnings, 'warning')}")
    return Exit.USAGE if mistakes else Exit.IN_STEP


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
