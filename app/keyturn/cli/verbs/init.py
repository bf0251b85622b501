"""`keyturn init`: asks for the two sources, looks at each, and writes a first keyturn.yaml."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.health_shown import health_json, show_health
from keyturn.cli.interview import Interview
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.new_file import refuse_existing, write_new
from keyturn.policy.answers import NotUsable, Value, nested, settings_problems
from keyturn.policy.draft import SourceDraft, draft_text
from keyturn.policy.load import parse_policy
from keyturn.policy.loaded import SourceConfig
from keyturn.policy.tokens import holds_token
from keyturn.run.connections import open_config
from keyturn.run.source_health import SourceHealth, ask
from keyturn_providers.contract import Condition, Provider
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Side
from keyturn_providers.registry import find, kinds
from keyturn_providers.text import is_hostile

_TITLES = {
    Side.DIRECTORY: "The directory: who people are, and which groups they are in.",
    Side.SECRETS: "The secret manager: who can open which vault.",
}
_LOOKED_ONLY = "init only looks: keyturn doctor shows what could be changed"
NEXT_STEPS = (
    ("keyturn doctor", "shows both sources with all that keyturn may do and cannot see"),
    ("keyturn refresh", "reads both sources; nothing is changed"),
    ("keyturn", "opens the dashboard"),
    ("keyturn policy adopt", "writes mappings from what groups hold now, for you to read"),
    ("keyturn policy check", "checks keyturn.yaml after you have written mappings into it"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A source that was asked for, and what it showed of itself where it was looked at."""

    draft: SourceDraft
    health: SourceHealth | None


@click.command(name="init")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="KEY=VALUE",
    help="An answer given beforehand, such as directory.kind=scim or secrets.token_env=BAO_TOKEN.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: take the answers given, and the defaults.")
@click.option("--no-probe", is_flag=True, help="Write the file without looking at the sources.")
@click.option("--force", is_flag=True, help="Write over a keyturn.yaml that is there already.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    answers: tuple[str, ...],
    yes: bool,
    no_probe: bool,
    force: bool,
    answer: Answer,
) -> int:
    """Ask for the two sources, look at each without changing anything, and write keyturn.yaml.

    A token is never asked for and never written down: only the name of the environment variable
    that holds it, or the command that prints it. Without a terminal, or with --yes, all answers
    come from --answer; whatever is missing is named, and nothing is written. An existing file is
    left alone unless --force is given. Ctrl-C leaves nothing behind.
    """
    path = invocation.places().config
    if not force:
        refuse_existing(path)
    interview = Interview(
        given=_given(answers),
        interactive=not yes and sys.stdin.isatty(),
        say=answer.progress,
    )
    try:
        return _init(invocation, interview, answer, probe=not no_probe, force=force)
    except (KeyboardInterrupt, click.Abort):
        answer.progress("keyturn init: interrupted. Nothing was written.")
        return Exit.INTERRUPTED


def _init(
    invocation: Invocation, interview: Interview, answer: Answer, *, probe: bool, force: bool
) -> int:
    path = invocation.places().config
    answer.progress(
        f"keyturn asks for two sources, looks at each without changing anything, and writes {path}."
    )
    organisation = interview.text(
        "organisation", "Name of the organisation, for the top of the dashboard", _organisation
    )
    directory = _source(interview, Side.DIRECTORY, answer, probe=probe)
    secrets = _source(interview, Side.SECRETS, answer, probe=probe)
    _refuse_problems(interview)
    _refuse_unreachable(interview, directory, secrets)
    text = draft_text(directory.draft, secrets.draft, organisation)
    connectors = {kind: find(kind).settings for kind in kinds()}
    parse_policy(text.encode(), str(path), connectors)
    write_new(path, text, force=force)
    found = [one.health for one in (directory, secrets) if one.health is not None]
    answer.document(
        {
            "config": str(path),
            "sources": [health_json(health) for health in found],
            "next": [{"command": verb, "does": words} for verb, words in NEXT_STEPS],
        }
    )
    answer.line("")
    answer.line(f"Wrote {path}. There is no secret in it. Next:")
    for verb, words in NEXT_STEPS:
        answer.line(f"  {verb:<22}{words}")
    return Exit.IN_STEP


def _source(interview: Interview, side: Side, answer: Answer, *, probe: bool) -> _Asked:
    """Asks for one source until its answers fit, and until the person is content with what was
    seen of it."""
    providers = {one.kind: one for one in map(find, kinds()) if one.side is side}
    choices = [(kind, provider.title) for kind, provider in providers.items()]
    answer.progress("")
    answer.progress(_TITLES[side])
    kind, earlier = "", dict[str, Value]()
    while True:
        chosen = interview.choose(f"{side.value}.kind", "Kind", choices, earlier=kind)
        if not chosen:
            return _Asked(SourceDraft(""), None)
        earlier = earlier if chosen == kind else {}
        kind, provider = chosen, providers[chosen]
        if interview.interactive:
            for need in provider.needs:
                answer.progress(f"  needed: {need}")
        earlier = interview.source(side.value, provider, earlier)
        wrong = [] if interview.problems else list(settings_problems(provider.settings, earlier))
        for problem in wrong:
            answer.progress(f"  ! {problem}")
        if wrong and not interview.interactive:
            interview.problems += [f"{side.value}.{problem}" for problem in wrong]
        if interview.problems:
            return _Asked(SourceDraft(kind, earlier), None)
        if wrong:
            continue
        health = _looked_at(side, provider, earlier, answer) if probe else None
        if health is None or interview.go_on(
            _question(health), default=health.worst is not Condition.WRONG
        ):
            return _Asked(SourceDraft(kind, earlier), health)


def _looked_at(
    side: Side, provider: Provider, answers: Mapping[str, Value], answer: Answer
) -> SourceHealth:
    """The source as it is now; opened read-only, so nothing is there that could change it."""
    answer.progress(f"  looking at {provider.title}, read-only …")
    settings = provider.settings.model_validate(nested(answers))
    opening = partial(
        open_config, _config(side, provider.kind, answers), provider, settings, read_only=True
    )
    health = asyncio.run(ask(side, provider.kind, provider.kind, opening))
    show_health(answer, health, cannot_because=_LOOKED_ONLY)
    return health


def _config(side: Side, kind: str, answers: Mapping[str, Value]) -> SourceConfig:
    env, command = answers.get("token_env"), answers.get("token_command")
    return SourceConfig(
        kind=kind,
        name=kind,
        settings=nested(answers),
        token_env=env if isinstance(env, str) else None,
        token_command=command if isinstance(command, tuple) else (),
        line=0,
        path=side.value,
    )


def _question(health: SourceHealth) -> str:
    if health.failure is not None:
        return "It could not be asked. Go on all the same? (n corrects the answers)"
    if health.worst is Condition.WRONG:
        return "Something is wrong, see above. Go on all the same? (n corrects the answers)"
    return "Go on with this? (n corrects the answers)"


def _given(answers: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for one in answers:
        key, sign, value = one.partition("=")
        if not sign or not key.strip():
            raise VerbFailed(Exit.USAGE, "keyturn init: --answer takes KEY=VALUE.")
        if key.strip() in given:
            raise VerbFailed(Exit.USAGE, "keyturn init: an --answer is given twice for one key.")
        given[key.strip()] = value
    return given


def _refuse_problems(interview: Interview) -> None:
    """Everything that is missing or wrong, at once."""
    problems = list(interview.problems)
    unused = [key for key in interview.given if key not in interview.used]
    if not problems:
        problems += [f"There is no question {_shown_key(key)} here." for key in unused]
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        how = "Give each with --answer KEY=VALUE, or run keyturn init in a terminal."
        raise VerbFailed(Exit.USAGE, f"keyturn init: nothing was written.\n{lines}\n{how}")


def _refuse_unreachable(interview: Interview, *asked: _Asked) -> None:
    """Where nobody could be asked whether to go on, a source that cannot be asked ends it."""
    if interview.interactive:
        return
    for one in asked:
        if one.health is not None and one.health.failure is not None:
            if isinstance(one.health.failure, ProviderError):
                answer = "--no-probe writes the file without looking."
                raise VerbFailed(
                    Exit.INCOMPLETE,
                    f"keyturn init: nothing was written.\n  {one.health.failure}\n{answer}",
                )
            raise one.health.failure


def _organisation(text: str) -> str:
    if is_hostile(text):
        raise NotUsable("This holds a control or bidirectional character. Type it without.")
    if holds_token(text):
        raise NotUsable("This looks like a token, and is not shown again.")
    return " ".join(text.split())


def _shown_key(key: str) -> str:
    plain = key.replace("_", "").replace(".", "").isalnum() and not holds_token(key)
    return f'"{key}"' if plain else "of that name"
