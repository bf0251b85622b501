"""`keyturn who PERSON`: what a person can open and why, fit to be read aloud."""

import click

from keyturn.cli.as_of_option import (
    POLICY_OF_NOW,
    as_of_json,
    as_of_option,
    read_meant,
    reader_of,
)
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.shown import finding_json
from keyturn.cli.work import cache_of, loaded_policy, now_ms
from keyturn.decide.explain import AccessPath, access_paths, why, why_not
from keyturn.decide.names import fold
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn.run.as_of import assessment_as_of
from keyturn.run.assess import read_assessment
from keyturn.run.persons import NoSuchPerson, find_person, near
from keyturn_providers.records import Account, Vault


@click.command(name="who")
@click.argument("person")
@click.option("--vault", "vault_text", default="", help="Answer about this vault only: yes or no.")
@as_of_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation, person: str, vault_text: str, as_of: str, answer: Answer
) -> int:
    """Say what PERSON can open, and why.

    PERSON is a login, e-mail, name or id, or a part of one that only one person has.

    The answer is from the newest snapshots, or with --as-of from earlier ones, and says how old
    they are.
    """
    loaded = loaded_policy(invocation)
    meant = None
    with cache_of(invocation) as cache:
        if as_of:
            with reader_of(invocation) as reader:
                meant = read_meant(reader, as_of, now_ms())
            found = assessment_as_of(cache, loaded.rules, meant)
        else:
            found = read_assessment(cache, loaded.rules, now_ms())
    world = found.world
    somebody = _somebody(world, person)
    vault = _vault(world, vault_text) if vault_text else None
    paths = [p for p in access_paths(world, somebody) if vault is None or p.vault_id == vault.id]
    drift = [finding for finding in found.findings if finding.person == somebody.key]
    words = why(world, somebody, vault.id if vault else None)
    trace = why_not(world, somebody, vault.id) if vault is not None and not paths else ()
    answer.document(
        {
            "person": somebody.key,
            "name": somebody.name,
            "directory": _account_json(somebody.directory),
            "secrets": _account_json(somebody.secrets),
            "words": words,
            "paths": [_path_json(path) for path in paths],
            "why_not": [
                {"question": step.question, "holds": step.holds, "words": step.words}
                for step in trace
            ],
            "findings": [finding_json(finding) for finding in drift],
            "as_of": as_of_json(meant) if meant is not None else None,
        }
    )
    if meant is not None:
        answer.line(meant.words)
        answer.line(POLICY_OF_NOW)
    answer.line(words)
    answer.line("")
    answer.table(
        ["vault", "may", "by", "policy"],
        [
            [
                path.vault_name,
                path.level.value,
                path.via if path.groups else "direct",
                f"line {path.policy_line}" if path.in_policy else "not in policy",
            ]
            for path in paths
        ],
    )
    for step in trace:
        mark = {True: "yes", False: "NO", None: "not known"}[step.holds]
        answer.line(f"  {step.question} {mark}: {step.words}")
    for finding in drift:
        answer.line(f"{finding.sign.value} {finding.words}")
    for snapshot in (found.directory, found.secrets):
        age = max(0, now_ms() - snapshot.taken_ms) // 60_000
        state = "complete" if snapshot.complete else "NOT COMPLETE"
        answer.line(f"{snapshot.source.name}: read {age} min ago, {state}")
    return Exit.IN_STEP


def _somebody(world: World, text: str) -> Person:
    """The person named, or the only one whose login, address or name contains the text: the answer
    says whose it is, and nothing is changed by it."""
    try:
        return find_person(world, text)
    except NoSuchPerson as nobody:
        close = () if nobody.candidates else near(world, text)
        if len(close) != 1:
            raise
        return close[0]


def _vault(world: World, text: str) -> Vault:
    vaults = world.secrets.snapshot.vaults
    wanted = fold(text)
    fitting = [v for v in vaults if v.id == text] or [v for v in vaults if fold(v.name) == wanted]
    if len(fitting) == 1:
        return fitting[0]
    how_many = "no vault" if not fitting else f"{len(fitting)} vaults"
    raise VerbFailed(
        Exit.NOT_FOUND,
        f"{text}: cannot tell which vault that is: {how_many} in the newest snapshot is called "
        f"this. Vaults are: {', '.join(sorted(v.name for v in vaults)[:20])}.",
    )


def _account_json(account: Account | None) -> Json:
    if account is None:
        return None
    return {"id": account.id, "name": account.name, "state": account.state.value}


def _path_json(path: AccessPath) -> Json:
    return {
        "vault": path.vault_name,
        "vault_id": path.vault_id,
        "level": path.level.value,
        "via": path.via,
        "direct": not path.groups,
        "in_policy": path.in_policy,
        "policy_line": path.policy_line,
    }
