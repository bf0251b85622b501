"""What each installed connector has `keyturn init` ask can be written into its settings."""

from types import UnionType
from typing import Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from keyturn_providers.credential_part import CredentialPart
from keyturn_providers.questions import AnswerForm, Question
from keyturn_providers.registry import find, kinds

ASKED = [(kind, question) for kind in kinds() for question in find(kind).questions]


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType}:
        return next((found for one in get_args(annotation) if (found := _model_in(one))), None)
    return None


def test_the_connectors_of_this_distribution_ask_something() -> None:
    assert {"scim", "openbao"} <= {kind for kind, _ in ASKED}


@pytest.mark.parametrize(("kind", "question"), ASKED, ids=lambda one: getattr(one, "key", one))
def test_an_answer_has_a_place_in_the_settings(kind: str, question: Question) -> None:
    model: type[BaseModel] | None = find(kind).settings
    *parts, last = question.key.split(".")
    for part in parts:
        assert model is not None
        assert part in model.model_fields, f"{model.__name__} has no {part}"
        model = _model_in(model.model_fields[part].annotation)
    assert model is not None
    if question.form is AnswerForm.CREDENTIAL:
        assert last == "token"
        assert issubclass(model, CredentialPart) if parts else "token_env" not in model.model_fields
    else:
        assert last in model.model_fields, f"{model.__name__} has no {last}"


@pytest.mark.parametrize("kind", kinds())
def test_what_must_be_there_is_asked_for(kind: str) -> None:
    provider = find(kind)
    asked = {question.key.partition(".")[0] for question in provider.questions}
    needed = {key for key, field in provider.settings.model_fields.items() if field.is_required()}
    assert needed <= asked
    assert len({question.key for question in provider.questions}) == len(provider.questions)


@pytest.mark.parametrize(("kind", "question"), ASKED, ids=lambda one: getattr(one, "key", one))
def test_a_default_is_one_of_the_choices(kind: str, question: Question) -> None:
    assert question.words, kind
    assert question.explains, kind
    values = [value for value, _words in question.choices]
    assert not question.default or not values or question.default in values
    assert len(set(values)) == len(values)
