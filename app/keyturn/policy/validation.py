"""pydantic's errors as problems: with a place in the file, and in words an operator understands."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from keyturn.policy.document import Path, Places, show_path
from keyturn.policy.problems import Code, Problem, did_you_mean, shown
from keyturn.policy.tokens import without_tokens
from keyturn_providers.text import safe

_OWN = frozenset(code.value for code in Code)
_LIST = frozenset({"list_type", "tuple_type", "set_type", "frozen_set_type"})
_MAPPING = frozenset({"model_type", "dict_type", "dataclass_type", "model_attributes_type"})
_CHOICE = frozenset({"enum", "literal_error"})


def problems_of(
    error: ValidationError, model: type[BaseModel], places: Places, under: Path = ()
) -> Iterator[Problem]:
    """Every error of validating `model` against what stands at the path `under`."""
    for detail in error.errors(include_url=False):
        yield _problem(detail, model, places, under)


def _problem(detail: ErrorDetails, model: type[BaseModel], places: Places, under: Path) -> Problem:
    kind, path = detail["type"], (*under, *detail["loc"])
    place = places.value(path)
    code, message = Code.SETTING, f"{safe(without_tokens(detail['msg']), 300).rstrip('.')}."
    if kind == "extra_forbidden":
        place = places.key(path)
        fields = _fields_at(model, detail["loc"][:-1])
        wrong = str(detail["loc"][-1])
        hint = did_you_mean(wrong, fields) or f" Known here: {', '.join(sorted(fields))}."
        code, message = Code.UNKNOWN_KEY, f"There is no key {shown(wrong)} here.{hint}"
    elif kind == "missing" and "ctx" not in detail:
        place = places.key(path)
        code, message = (
            Code.MISSING,
            "This is missing." if path not in places.keys else ("There is no value."),
        )
    elif kind in _OWN:
        code, message = Code(kind), detail["ctx"]["message"]
    elif kind in _LIST:
        code, message = Code.WRONG_TYPE, "This must be a list."
    elif kind in _MAPPING:
        code, message = Code.WRONG_TYPE, "This must be a mapping of keys to values."
    elif kind in _CHOICE and isinstance(detail["input"], str):
        code = Code.NOT_A_CHOICE
        message = f"{shown(detail['input'])} is not possible here. {message}"
    elif kind in {"value_error", "assertion_error"}:
        said = str(detail.get("ctx", {}).get("error", detail["msg"]))
        message = f"{safe(without_tokens(said), 300).rstrip('.')}."
    return Problem(*place, show_path(path), message, code)


def _fields_at(model: type[BaseModel], path: Path) -> frozenset[str]:
    """The keys that may stand in the mapping at `path` of a value of `model`."""
    here: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, str) and here is not None:
            field = here.model_fields.get(part)
            here = _model_in(field.annotation) if field is not None else None
    return frozenset(here.model_fields) if here is not None else frozenset()


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
