"""The two sources of the file against the connectors there are: the kind and its own keys."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError

from keyturn.policy.document import Document, show_path
from keyturn.policy.models import SourcePart, without_nothing
from keyturn.policy.problems import Code, Problem, did_you_mean, shown
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
