"""What the fields of a filter mean of a finding."""

from collections.abc import Mapping

from keyturn_storage.filters import Field
from keyturn_storage.queries.conditions import Template, begins, contains
from keyturn_storage.queries.people_conditions import OF_THE_PERSON

_LAST = "char(1114111)"
_NAME_OF_PERSON = "substr(by_person, 1, instr(by_person, char(31)) - 1)"
"""What follows is the key, which parts people of one name."""
_NAMED_VAULT = f"by_vault <> {_LAST}"
FINDINGS: Mapping[Field, Template] = {
    Field.ANY: contains("search"),
    Field.DRIFT: contains("kind"),
    Field.SEVERITY: begins("severity"),
    Field.PERSON: Template(
        f"by_person <> {_LAST} "
        f"and (instr(by_subject, {{}}) > 0 "
        f"or (instr(by_person, {{}}) > 0 and instr({_NAME_OF_PERSON}, {{}}) > 0))",
        f"by_person = {_LAST}",
        f"by_person <> {_LAST}",
    ),
    Field.NAME: contains("by_subject"),
    Field.VAULT: Template(
        f"{_NAMED_VAULT} and instr(by_vault, {{}}) > 0", f"by_vault = {_LAST}", _NAMED_VAULT
    ),
    Field.GROUP: Template(
        "instr(find_groups, {}) > 0", "length(find_groups) = 1", "length(find_groups) > 1"
    ),
    Field.SINCE: Template("since_ms >= {}", "0", "0"),
    **OF_THE_PERSON,
}
