"""`keyturn vault VAULT`: who can open a vault, and by which path, now or as of an earlier read."""

import sys

import click

from keyturn.cli.as_of_option import (
    POLICY_OF_NOW,
    as_of_json,
    as_of_option,
    read_meant,
    reader_of,
)
from keyturn.cli.dashboard import open_at
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import cache_of, loaded_policy, now_ms
from keyturn.decide.explain import AccessPath, access_paths
from keyturn.decide.names import counted
from keyturn.decide.world import World
from keyturn.run.as_of import assessment_as_of
from keyturn.run.difference import NotOne, choose_vault
from keyturn_providers.records import PrincipalKind, Side
from keyturn_storage.queries.changes import object_then
from keyturn_storage.queries.reach import Reach, openers


@click.command(name="vault")
@click.argument("vault")
@as_of_option
@click.option("--limit", default=200, show_default=True, help="How many people are listed.")
@click.option("--text", is_flag=True, help="Answer in text on a terminal too.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation, vault: str, as_of: str, limit: int, text: bool, answer: Answer
) -> int:
    """Say who can open VAULT (a name or an id), and by which path.

    On a terminal, and without --as-of, the dashboard is opened at the vault's card.

    People whose account is suspended or deactivated cannot open anything and are not listed.
    """
    if not (text or as_of or answer.as_json) and sys.stdout.isatty() and sys.stderr.isatty():
        return open_at(invocation, "vault", vault, answer)
    loaded = loaded_policy(invocation)
    with cache_of(invocation) as cache, reader_of(invocation) as reader:
        meant = read_meant(reader, as_of or "latest", now_ms())
        try:
            chosen = choose_vault(reader, meant, meant, vault)
        except NotOne as none:
            raise VerbFailed(Exit.NOT_FOUND, str(none)) from None
        if chosen.vault_no is None:
            raise ValueError("a vault that was found has a number")
        world = assessment_as_of(cache, loaded.rules, meant).world
        able = openers(reader, chosen.vault_no, meant.pair[1])
        vault_id = object_then(reader, chosen.vault_no, meant.pair[1]).id
        accounts = [object_then(reader, one.account_no, meant.pair[1]).id for one in able[:limit]]
    people = [
        _opener(world, account_id, one, vault_id)
        for account_id, one in zip(accounts, able, strict=False)
    ]
    machines = [
        grant
        for grant in world.secrets.snapshot.grants
        if grant.vault_id == vault_id and grant.principal_kind is PrincipalKind.MACHINE
    ]
    spots = world.secrets.snapshot.blind_spots
    answer.document(
        {
            "vault": chosen.name,
            "vault_id": vault_id,
            "as_of": as_of_json(meant),
            "policy": POLICY_OF_NOW,
            "people_total": len(able),
            "people": [_opener_json(name, login, one, paths) for name, login, one, paths in people],
            "machines": [
                {"id": one.principal_id, "level": one.level.value, "carrier": one.carrier}
                for one in machines
            ],
            "not_visible": list(spots),
        }
    )
    could = "could" if as_of else "can"
    also = f", and {counted(len(machines), 'machine identity', 'machine identities')}"
    answer.line(
        f"{chosen.name}: {counted(len(able), 'person', 'people')} {could} open it"
        f"{also if machines else ''}."
    )
    answer.line(meant.words)
    answer.table(
        ["who", "login", "may", "by", "policy"],
        [[name, login, one.level.value, _by(paths), _policy(paths)]
         for name, login, one, paths in people],
    )  # fmt: skip
    if len(able) > len(people):
        answer.line(f"... and {len(able) - len(people)} more: --limit shows more")
    names = {machine.id: machine.name for machine in world.secrets.snapshot.machines}
    for grant in machines:
        name = names.get(grant.principal_id, grant.principal_id)
        answer.line(f"machine identity {name}: {grant.level.value}")
    for spot in spots:
        answer.line(f"not visible to keyturn in {world.secrets.name}: {spot}")
    if as_of:
        answer.line(POLICY_OF_NOW)
    return Exit.IN_STEP


def _opener(
    world: World, account_id: str, reach: Reach, vault_id: str
) -> tuple[str, str, Reach, tuple[AccessPath, ...]]:
    person = world.person_of.get((Side.SECRETS, account_id))
    if person is None:
        return account_id, account_id, reach, ()
    paths = tuple(path for path in access_paths(world, person) if path.vault_id == vault_id)
    login = person.secrets.name if person.secrets else account_id
    return person.name, login, reach, paths


def _by(paths: tuple[AccessPath, ...]) -> str:
    if not paths:
        return "not known"
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0].via}{more}"


def _policy(paths: tuple[AccessPath, ...]) -> str:
    line = next((path.policy_line for path in paths if path.in_policy), None)
    return "not in policy" if line is None else f"line {line}"


def _opener_json(name: str, login: str, reach: Reach, paths: tuple[AccessPath, ...]) -> Json:
    return {
        "name": name,
        "login": login,
        "level": reach.level.value,
        "paths": [
            {
                "via": path.via,
                "level": path.level.value,
                "carrier": path.carrier,
                "in_policy": path.in_policy,
                "policy_line": path.policy_line,
            }
            for path in paths
        ],
    }
