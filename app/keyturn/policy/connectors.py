"""The two sources of the file against the connectors there are: the kind and its own keys."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError

from keyturn.policy.document import Document, Value, show_path
from keyturn.policy.models import SourcePart, without_nothing
from keyturn.policy.problems import Code, Problem, did_you_mean, shown
from keyturn.policy.scalars import NOT_A_VARIABLE
from keyturn.policy.tokens import is_variable_name
from keyturn.policy.validation import problems_of


def source_problems(
    document: Document, connectors: Mapping[str, type[BaseModel]]
) -> Iterator[Problem]:
    """What is wrong with `directory` and `secrets` by `connectors` (settings model by kind), with
    its place. What is wrong with their form is not repeated here."""
    root = document.value
    if not isinstance(root, dict):
        return
    for side in ("directory", "secrets"):
        section = root.get(side)
        kind = section.get("kind") if isinstance(section, dict) else None
        if not isinstance(section, dict) or not isinstance(kind, str):
            continue
        model = connectors.get(kind)
        if model is None:
            path = (side, "kind")
            hint = did_you_mean(kind, connectors)
            known = hint or f" There are: {', '.join(sorted(connectors)) or 'none'}."
            message = f"No connector of the kind {shown(kind)} is installed.{known}"
            yield Problem(*document.places.value(path), show_path(path), message, Code.NOT_A_CHOICE)
            continue
        own = {key: value for key, value in section.items() if key not in SourcePart.model_fields}
        try:
            model.model_validate(without_nothing(model, own))
        except ValidationError as error:
            yield from problems_of(error, model, document.places, (side,))
        yield from _parts_credentials(document, side, own)
        if not getattr(model, "takes_token", True):
            yield from _no_use_for_a_token(document, side, kind, section)


def _parts_credentials(
    document: Document, side: str, own: Mapping[str, Value]
) -> Iterator[Problem]:
    """Parts that have a credential of their own name its variable as the source itself does."""
    for key, part in own.items():
        variable = part.get("token_env") if isinstance(part, dict) else None
        if isinstance(variable, str) and not is_variable_name(variable):
            path = (side, key, "token_env")
            place = document.places.value(path)
            yield Problem(*place, show_path(path), NOT_A_VARIABLE, Code.NOT_A_VARIABLE)


def _no_use_for_a_token(
    document: Document, side: str, kind: str, section: Mapping[str, Value]
) -> Iterator[Problem]:
    for key in ("token_env", "token_command"):
        if section.get(key):
            path = (side, key)
            message = (
                f"{kind} has no credential of its own: each of its parts has one. Move this into"
                " the part that it is for."
            )
            yield Problem(*document.places.key(path), show_path(path), message, Code.SETTING)
