"""A whole file, good and bad."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from tests.children import LIMIT_S

from keyturn.decide.rules import (
    Alias,
    Allowed,
    GrantRule,
    Limits,
    MachineRule,
    Mapping,
    NamedId,
    Privilege,
    Rules,
    Waiver,
)
from keyturn.policy import PolicyInvalid
from keyturn.policy.load import load_policy
from keyturn_providers.records import Level

GOOD = """\
version: 1
organisation: Acme
mode: read-only
directory: {kind: okta, url: https://acme.okta.com, token_env: OKTA_TOKEN}
secrets:
  kind: onepassword
  name: op
  token_command: [op, read, "op://Ops/keyturn/credential"]
  account: acme.1password.com          # op CLI, signed in as a person
  bridge: {url: https://scim.acme.example, token_env: OP_BRIDGE_TOKEN}
mappings:
  - group: {id: 00g1, name: eng-platform}
    grants:
      - {vault: {id: q3m5, name: Platform Prod}, permissions: edit}     # preset
      - {vault: {id: 007, name: no}, permissions: [list, view]}
  - group: {id: g2, name: Ops}
    secrets_group: {id: s2, name: operations}
exceptions:
  - {person: sam@acme.example, vault: {id: b7.., name: Billing}, permissions: read,
     until: 2027-01-31, owner: r.silva@acme.example, reason: year-end close, ticket: FIN-812}
  - person: lea@acme.example
    vault: {id: b7.., name: Billing}
    permissions: manage
    until: 2027-01-31T17:00+01:00
    owner: r.silva@acme.example
    reason: >
      a reason over
      two lines
aliases:
  - {directory: eamon.oshea, secrets: eoshea}
machines:
  - {machine: approle/ci, owner: ana@acme.example}
privileges:
  - {person: ana@acme.example, role: Owners}
limits: {removals: {count: 3, share: 2.5%, per_day: 7}, snapshot_age: 2h, source_shrink: 0%,
         rate_reserve: 40%}
allow: {revoke: false}
never_touch: [breakglass@acme.example]
"""

FIVE_MISTAKES = """\
version: 1
directory: {kind: scim, url: https://idp.example, token_env: SCIM_TOKEN}
secrets: {kind: openbao, url: https://bao.example, token_env: BAO_TOKEN}
mappings:
  - group: {id: g1, nmae: eng}
    grants:
      - {vault: {id: v1, name: Prod}, permissions: edti}
limits: {removals: {count: ten, share: 5}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "keyturn.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_everything_a_file_can_say_is_loaded(config: Path) -> None:
    digest = hashlib.sha256(config.read_bytes()).hexdigest()
    loaded = load_policy(config)
    assert loaded.rules == Rules(
        mappings=(
            Mapping(
                group=NamedId("00g1", "eng-platform"),
                grants=(
                    GrantRule(NamedId("q3m5", "Platform Prod"), Level.WRITE, 14),
                    GrantRule(NamedId("007", "no"), Level.READ, 15),
                ),
                line=12,
            ),
            Mapping(NamedId("g2", "Ops"), (), NamedId("s2", "operations"), 16),
        ),
        exceptions=(
            Waiver(
                person="sam@acme.example",
                vault=NamedId("b7..", "Billing"),
                level=Level.READ,
                until_ms=1801440000000,
                owner="r.silva@acme.example",
                reason="year-end close",
                ticket="FIN-812",
                line=19,
            ),
            Waiver(
                person="lea@acme.example",
                vault=NamedId("b7..", "Billing"),
                level=Level.MANAGE,
                until_ms=1801411200000,
                owner="r.silva@acme.example",
                reason="a reason over two lines",
                line=21,
            ),
        ),
        aliases=(Alias("eamon.oshea", "eoshea", 30),),
        machines=(MachineRule("approle/ci", "ana@acme.example", "", 32),),
        privileges=(Privilege("ana@acme.example", "Owners", 34),),
        never_touch=("breakglass@acme.example",),
        limits=Limits(3, 0.025, 7, 7_200_000, 0.0, 0.4),
        allowed=Allowed(revoke=False),
        digest=digest,
    )
    assert (loaded.path, loaded.digest) == (str(config), digest)
    assert (loaded.organisation, loaded.read_only) == ("Acme", True)


def test_the_sources_are_what_the_file_says(config: Path) -> None:
    loaded = load_policy(config)
    directory, secrets = loaded.directory, loaded.secrets
    assert (directory.kind, directory.name, directory.line, directory.path) == (
        "okta",
        "okta",
        4,
        "directory",
    )
    assert directory.settings == {"url": "https://acme.okta.com"}
    assert (directory.token_env, directory.token_command) == ("OKTA_TOKEN", ())
    assert (secrets.kind, secrets.name, secrets.line, secrets.path) == (
        "onepassword",
        "op",
        5,
        "secrets",
    )
    assert secrets.settings == {
        "account": "acme.1password.com",
        "bridge": {"url": "https://scim.acme.example", "token_env": "OP_BRIDGE_TOKEN"},
    }
    assert (secrets.token_env, secrets.token_command) == (
        None,
        ("op", "read", "op://Ops/keyturn/credential"),
    )


def test_what_is_left_out_is_the_default_and_may_be_written_empty(tmp_path: Path) -> None:
    path = tmp_path / "keyturn.yaml"
    path.write_text(
        "version: 1\ndirectory: {kind: a}\nsecrets: {kind: b}\n"
        "mappings:\n#  - everything commented out\nlimits:\nallow: ~\nexceptions: null\n",
        encoding="utf-8",
    )
    loaded = load_policy(path)
    assert loaded.rules == Rules(digest=loaded.digest)
    assert (loaded.organisation, loaded.read_only) == ("", False)
    assert (loaded.directory.token_env, loaded.directory.token_command) == (None, ())


def test_five_mistakes_are_five_lines_sorted_by_place(tmp_path: Path) -> None:
    path = tmp_path / "keyturn.yaml"
    path.write_text(FIVE_MISTAKES, encoding="utf-8")
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(path)
    permissions = "mappings[0].grants[0].permissions"
    assert str(caught.value).splitlines() == [
        f"{path}:5:12  mappings[0].group.name: This is missing.",
        f'{path}:5:21  mappings[0].group.nmae: There is no key "nmae" here. Did you mean "name"?',
        f'{path}:7:52  {permissions}: "edti" is not a preset. Did you mean "edit"?',
        f'{path}:8:28  limits.removals.count: "ten" is not a whole number from 0 up.',
        f'{path}:8:40  limits.removals.share: "5" is not a percentage from 0% to 100%, such as 5%.',
    ]


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(tmp_path / "none.yaml")
    assert str(caught.value) == (
        f"{tmp_path / 'none.yaml'}  This file cannot be read: No such file or directory. "
        "Name another with --config."
    )


def test_the_types_cost_no_yaml_and_no_pydantic() -> None:
    program = (
        "import sys, keyturn.policy; print([m for m in ('yaml', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    assert done.stdout.strip() == "[]"
