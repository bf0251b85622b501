"""Mappings put into the text of a keyturn.yaml: every other line stays, and it says both."""

import pytest

from keyturn.decide.rules import GrantRule, Mapping, NamedId
from keyturn.policy.load import parse_policy
from keyturn.policy.mapping_text import MappingDraft, NoPlace, put_in
from keyturn_providers.records import Level

HEAD = (
    "version: 1\n"
    "directory: {kind: scim, url: 'https://directory.example', token_env: A}\n"
    "secrets: {kind: openbao, url: 'https://bao.example', token_env: B}\n"
)
NEW = MappingDraft(
    Mapping(
        NamedId("00g9", 'ops: "night" #1'),
        (
            GrantRule(NamedId("v1", "Прод"), Level.WRITE),
            GrantRule(NamedId("v2", "no"), Level.UNKNOWN, permissions=("view_items", "edit_items")),
        ),
        NamedId("g-9", "ops"),
    ),
    "3 members now; linked by external id",
    (True, False),
)
OLD = "group: {id: 00g1, name: eng}\n"
BLOCKS = (
    "",
    "mappings:\n",
    "mappings: # none yet\nlimits: {snapshot_age: 15m}\n",
    f"mappings:\n  - {OLD}    grants:\n      - {{vault: {{id: v, name: V}}, permissions: read}}\n",
    f"mappings:\n- {OLD}  grants: []\n# what follows\nnever_touch: [root]\n",
    f"mappings:\n    - {OLD}  # about the rest\n\nexceptions: []\n",
    "mappings:\n  - group:\n      id: 00g1\n      name: |-\n        eng\n\nnever_touch: [root]\n",
    f"# first\nmappings:\r\n  - {OLD}",
    f"mappings:\n  - {OLD}".rstrip("\n"),
)


@pytest.mark.parametrize("block", BLOCKS)
def test_it_says_both_and_every_other_line_stays(block: str) -> None:
    text = HEAD + block
    before = parse_policy(text.encode(), "x").rules.mappings
    after = put_in(text, [NEW])
    mappings = parse_policy(after.encode(), "x").rules.mappings
    assert [one.group for one in mappings] == [*(one.group for one in before), NEW.mapping.group]
    added = mappings[-1]
    assert added.secrets_group == NEW.mapping.secrets_group
    assert [(one.vault, one.level, one.permissions) for one in added.grants] == [
        (one.vault, one.level, one.permissions) for one in NEW.mapping.grants
    ]
    rest = iter(after.splitlines())
    assert all(line in rest for line in text.splitlines())
    assert "# 3 members now; linked by external id" in after


@pytest.mark.parametrize("block", [f"mappings: [{{{OLD.strip()}}}]\n", "mappings: []\n"])
def test_what_is_written_in_one_line_is_left_to_people(block: str) -> None:
    with pytest.raises(NoPlace, match="`mappings` \\(line 4\\) is written in one line"):
        put_in(HEAD + block, [NEW])
    with pytest.raises(NoPlace, match="the whole file"):
        put_in("{version: 1}", [NEW])
