"""The command group: verbs by name, imported when called, and every failure worded once."""

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from keyturn.cli.exit_codes import MEANING, Exit

VERBS: dict[str, str] = {
    "demo": "Try keyturn on an organisation that has drifted, started here and now.",
    "drill": "Practise a bad day on the demo, with a timed report at the end.",
    "init": "Ask for both sources, look at them, and write keyturn.yaml.",
    "doctor": "Check configuration, sources and data files.",
    "refresh": "Read both sources into the cache, and archive their events.",
    "user": "Open the dashboard at the card of a person.",
    "group": "Open the dashboard at a group.",
    "run": "Open the dashboard at a run.",
    "who": "Say what a person can open, and why.",
    "vault": "Say who can open a vault, and by which path, now or earlier.",
    "history": "List the reads of both sources: what was there, what drifted, what was not seen.",
    "diff": "Show what differs between two reads, for everything, a person or a vault.",
    "drift": "List what differs between what should be and what is.",
    "plan": "Write a plan that mends drift, for review.",
    "apply": "Apply a reviewed plan: change, read back, match the audit log.",
    "offboard": "Plan the offboarding of who leaves, and apply it; each has a case.",
    "move": "Take away what a new role does not justify; nobody is suspended.",
    "cases": "List the cases of leavers and movers, and what each lacks.",
    "case": "Show one case, keep a note with it, or close it.",
    "rotation": "List what has to be changed because somebody left, most urgent first.",
    "undo": "Plan what takes a run back, and apply it.",
    "recheck": "Look again whether what was cut is still cut.",
    "serve": "Show the dashboard in a browser on this machine, read-only.",
    "resume": "Go on with what was interrupted, re-reading first.",
    "report": "Write the evidence of a case with all its runs, or of one run: a folder and a zip, "
    "signed where a key is named.",
    "verify": "Check a bundle of evidence, byte by byte, and who signed it.",
    "retention": "Show how long personal data is kept, and take out what is older.",
    "policy": "Check keyturn.yaml, every mistake by line and column.",
}


class _VerbGroup(click.Group):
    """Lists and loads the verbs without importing the ones that are not called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = import_module(f"keyturn.cli.verbs.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"keyturn.cli.verbs.{cmd_name} has no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), words) for code, words in MEANING.items()])


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from keyturn import __version__

        click.echo(f"keyturn {__version__}")
        ctx.exit(Exit.IN_STEP)


@click.group(
    cls=_VerbGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="keyturn.yaml; else $KEYTURN_CONFIG."
)
@click.option(
    "--data-dir",
    "data",
    type=click.Path(path_type=Path),
    help="Directory of the data files; else $KEYTURN_DATA.",
)
@click.option("--read-only", is_flag=True, help="Open nothing that could write to a source.")
@click.pass_context
def keyturn(ctx: click.Context, config: Path | None, data: Path | None, read_only: bool) -> None:
    """The terminal dashboard that makes the turn of keys safe when somebody joins, moves or leaves.

    Without a command, keyturn opens the dashboard. Every command takes --json.
    """
    from keyturn.cli.invocation import Invocation

    ctx.obj = Invocation(config=config, data=data, read_only=read_only)
    if ctx.invoked_subcommand is None:
        from keyturn.cli.dashboard import open_dashboard

        ctx.exit(open_dashboard(ctx.obj))


def run(arguments: Sequence[str]) -> int:
    """Runs one command line; every failure becomes one message on stderr and an exit code."""
    try:
        answer = keyturn.main(args=list(arguments), prog_name="keyturn", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return int(Exit.USAGE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("keyturn: interrupted. Nothing is lost: keyturn resume goes on.", err=True)
        return int(Exit.INTERRUPTED)
    except Exception as failure:  # noqa: BLE001 - the last border: a traceback would show secrets
        return _failed(failure, arguments)
    return answer if isinstance(answer, int) else int(Exit.IN_STEP)


def _data_said(arguments: Sequence[str]) -> Path | None:
    """The data directory that the command line names; nothing is run."""
    with keyturn.make_context("keyturn", list(arguments), resilient_parsing=True) as context:
        found: object = context.params.get("data")
    return found if isinstance(found, Path) else None


def _failed(failure: Exception, arguments: Sequence[str]) -> int:
    """Says what failed on stderr and, for programs, as the one document on stdout."""
    from keyturn.cli.failures import explain

    said: list[str] = []
    code = int(explain(failure, said.append, _data_said(arguments)))
    for line in said:
        click.echo(line, err=True)
    if "--json" in arguments:
        click.echo(json.dumps({"error": said, "exit_code": code}, ensure_ascii=False, indent=2))
    return code
