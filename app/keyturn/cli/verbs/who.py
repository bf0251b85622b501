"""`keyturn who PERSON [VAULT]`: what a person can open and why, fit to be read aloud."""

from collections.abc import Iterator

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
from keyturn.decide.cut import Cut, cut_words
from keyturn.decide.explain import AccessPath, access_paths, told, why
from keyturn.decide.names import fold
from keyturn.decide.origins import origin_words
from keyturn.decide.people import Person
from keyturn.decide.why_not import WhyNot, why_not_words
from keyturn.decide.world import World
from keyturn.run.as_of import assessment_as_of
from keyturn.run.assess import read_assessment
from keyturn.run.explained import Explained, explained
from keyturn.run.persons import NoSuchPerson, find_person, near
from keyturn_providers.records import Account, Vault
from keyturn_storage.journal_if_any import journal_if_any
from keyturn_storage.queries.reader import open_reader


@click.command(name="who")
@click.argument("person")
@click.argument("vault", default="")
@click.option("--vault", "vault_option", default="", help="As the argument VAULT.")
@as_of_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    person: str,
    vault: str,
    vault_option: str,
    as_of: str,
    answer: Answer,
) -> int:
    """Say what PERSON can open, and why; with VAULT, whether that one, and what would end it.

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
    named = vault or vault_option
    whole = _explained(invocation, world, somebody, _vault(world, named)) if named else None
    paths = whole.paths if whole is not None else access_paths(world, somebody)
    drift = [finding for finding in found.findings if finding.person == somebody.key]
    words = whole.words if whole is not None else why(world, somebody)
    answer.document(
        {
            "person": somebody.key,
            "name": somebody.name,
            "directory": _account_json(somebody.directory),
            "secrets": _account_json(somebody.secrets),
            "words": words,
            "paths": [_path_json(path, somebody) for path in paths],
            "why_not": [],
            **(_whole_json(whole, somebody) if whole is not None else {}),
            "findings": [finding_json(finding) for finding in drift],
            "as_of": as_of_json(meant) if meant is not None else None,
        }
    )
    if meant is not None:
        answer.line(meant.words)
        answer.line(POLICY_OF_NOW)
    answer.line(words)
    answer.line("")
    if whole is None:
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
    else:
        for line in _whole_lines(whole, somebody):
            answer.line(line)
    for finding in drift:
        answer.line(f"{finding.sign.value} {finding.words}")
    for snapshot in (found.directory, found.secrets):
        age = max(0, now_ms() - snapshot.taken_ms) // 60_000
        state = "complete" if snapshot.complete else "NOT COMPLETE"
        answer.line(f"{snapshot.source.name}: read {age} min ago, {state}")
    return Exit.IN_STEP


def _explained(invocation: Invocation, world: World, person: Person, vault: Vault) -> Explained:
    with (
        open_reader(invocation.places().cache) as reader,
        journal_if_any(invocation.places().journal) as journal,
    ):
        return explained(reader, journal, world, person, vault.id)


def _whole_lines(whole: Explained, person: Person) -> Iterator[str]:
    """Every way, who made it, what would end it; or the gates, up to the first that is shut."""
    for path in whole.paths:
        yield told(person, path)
    if whole.edges:
        yield "Made:"
        for edge in whole.edges:
            made = origin_words(whole.origins[edge.key])
            yield f"  {edge.kind.value} {edge.start_name} > {edge.end_name}: {made}"
    if whole.cut is not None:
        yield "What would end it, at the least:"
        yield from (f"  {words}" for words in cut_words(whole.cut, person.name))
    if whole.own is not None:
        yield "What would end it and touch nobody else:"
        yield from (f"  {words}" for words in cut_words(whole.own, person.name))
    if whole.why_not is not None:
        yield why_not_words(whole.why_not, person.name, whole.vault_name)
        for gate in whole.why_not.gates:
            mark = {True: "yes", False: "NO", None: "not known"}[gate.holds]
            yield f"  {gate.question} {mark}: {gate.words}"


def _whole_json(whole: Explained, person: Person) -> dict[str, Json]:
    return {
        "vault": whole.vault_name,
        "vault_id": whole.vault_id,
        "edges": [
            {
                "kind": edge.kind.value,
                "from": edge.start_name,
                "to": edge.end_name,
                "level": edge.level.value,
                "made": origin_words(whole.origins[edge.key]),
                "made_by": whole.origins[edge.key].by,
                "made_ms": whole.origins[edge.key].at_ms,
                "known_from": whole.origins[edge.key].known.value,
            }
            for edge in whole.edges
        ],
        "smallest_cut": _cut_json(whole.cut, person),
        "own_cut": _cut_json(whole.own, person),
        "why_not": _why_not_json(whole.why_not),
        "why_not_words": ""
        if whole.why_not is None
        else why_not_words(whole.why_not, person.name, whole.vault_name),
        "first_gate": _first_gate(whole.why_not),
        "not_seen": [] if whole.why_not is None else list(whole.why_not.unseen),
    }


def _cut_json(cut: Cut | None, person: Person) -> Json:
    if cut is None:
        return None
    return {
        "edges": [
            {
                "kind": one.edge.kind.value,
                "from": one.edge.start_name,
                "to": one.edge.end_name,
                "owner": one.owned.owner.value,
                "owned_by": one.owned.name,
                "remove": one.owned.remove,
                "others": one.others.count,
            }
            for one in cut.edges
        ],
        "loses": list(cut.loses),
        "words": list(cut_words(cut, person.name)),
    }


def _why_not_json(found: WhyNot | None) -> list[Json]:
    return [
        {
            "gate": gate.kind.value,
            "question": gate.question,
            "holds": gate.holds,
            "words": gate.words,
            "next_step": gate.next_step,
        }
        for gate in (found.gates if found is not None else ())
    ]


def _first_gate(found: WhyNot | None) -> str:
    first = found.first if found is not None else None
    return first.kind.value if first is not None else ""


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


def _path_json(path: AccessPath, person: Person) -> Json:
    return {
        "vault": path.vault_name,
        "vault_id": path.vault_id,
        "level": path.level.value,
        "via": path.via,
        "direct": not path.groups,
        "in_policy": path.in_policy,
        "policy_line": path.policy_line,
        "words": told(person, path),
    }
