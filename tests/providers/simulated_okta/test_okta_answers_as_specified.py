"""Every kind of answer fits the vendor's own description of it."""

import functools
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from tests.providers.simulated_okta.acme import ADA_ID, APP, DANA, DANA_ID, ENG, PAY

from keyturn_providers.simulated.okta.seeding import app_id

_SPEC = Path(__file__).parents[4] / "shared" / "contracts" / "specs" / "okta-subset.yaml"
pytestmark = pytest.mark.skipif(not _SPEC.exists(), reason=f"{_SPEC.name} is not beside the tree")


@functools.cache
def _spec() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.load(_SPEC.read_text(), yaml.CSafeLoader))


def without_nulls(answer: object) -> object:
    """Okta may leave a null out or send it: what is null in recorded answers is often not
    nullable in the description."""
    match answer:
        case dict():
            return {k: without_nulls(v) for k, v in answer.items() if v is not None}
        case list():
            return [without_nulls(v) for v in answer]
        case _:
            return answer


def problems(schema: dict[str, Any], answer: object) -> list[str]:
    whole = {**schema, "components": _spec()["components"]}
    found = OAS30Validator(whole).iter_errors(without_nulls(answer))
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in found]


def described(path: str, status: str = "200") -> dict[str, Any]:
    answer = _spec()["paths"][path]["get"]["responses"][status]
    return cast("dict[str, Any]", answer["content"]["application/json"]["schema"])


GETS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/api/v1/org", {}),
    ("/api/v1/users", {}),
    ("/api/v1/users/{id}", {"id": DANA_ID}),
    ("/api/v1/users/{id}/groups", {"id": DANA}),
    ("/api/v1/users/{id}/appLinks", {"id": DANA_ID}),
    ("/api/v1/users/{userId}/grants", {"userId": DANA_ID}),
    ("/api/v1/users/{userId}/clients", {"userId": DANA_ID}),
    (
        "/api/v1/users/{userId}/clients/{clientId}/tokens",
        {"userId": DANA_ID, "clientId": app_id("Wiki")},
    ),
    ("/api/v1/users/{userId}/factors", {"userId": DANA_ID}),
    ("/api/v1/users/{userId}/roles", {"userId": DANA_ID}),
    ("/api/v1/groups", {}),
    ("/api/v1/groups/{groupId}", {"groupId": ENG}),
    ("/api/v1/groups/{groupId}/users", {"groupId": ENG}),
    ("/api/v1/groups/{groupId}/apps", {"groupId": ENG}),
    ("/api/v1/groups/rules", {}),
    ("/api/v1/apps", {}),
    ("/api/v1/apps/{appId}", {"appId": APP}),
    ("/api/v1/apps/{appId}/users", {"appId": APP}),
    ("/api/v1/apps/{appId}/users/{userId}", {"appId": APP, "userId": ADA_ID}),
    ("/api/v1/apps/{appId}/groups", {"appId": APP}),
    ("/api/v1/apps/{appId}/groups/{groupId}", {"appId": APP, "groupId": ENG}),
    ("/api/v1/apps/{appId}/features", {"appId": APP}),
    ("/api/v1/apps/{appId}/connections/default", {"appId": APP}),
    ("/api/v1/apps/{appId}/group-push/mappings", {"appId": APP}),
    ("/api/v1/logs", {}),
    ("/api/v1/api-tokens", {}),
    ("/api/v1/iam/assignees/users", {}),
    ("/api/v1/principal-rate-limits", {}),
    ("/oauth2/v1/clients", {}),
)


@pytest.mark.parametrize(("path", "parts"), GETS, ids=[path for path, _ in GETS])
def test_a_read_is_answered_as_specified(
    okta: httpx.Client, path: str, parts: dict[str, str]
) -> None:
    answer = okta.get(path.format(**parts))

    assert answer.status_code == 200, answer.text
    assert problems(described(path), answer.json()) == []
    assert answer.json() or "grants" in path


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/users/nobody@acme.example", 404, "E0000007"),
        ("GET", "/api/v1/nothing", 404, "E0000008"),
        ("GET", "/privileged-access/api/v1/service-accounts", 401, "E0000015"),
        ("GET", "/api/v1/users?after=nonsense", 400, "E0000029"),
        ("GET", "/api/v1/users?search=status", 400, "E0000031"),
        ("GET", "/api/v1/logs?filter=published+gt+%22x%22", 400, "E0000053"),
        ("GET", "/api/v1/logs?since=yesterday", 400, "E0000001"),
        ("POST", f"/api/v1/groups/{ENG}/users/{ADA_ID}", 405, "E0000022"),
        ("POST", f"/api/v1/users/{DANA_ID}/lifecycle/unsuspend", 400, "E0000001"),
        ("POST", f"/api/v1/users/{DANA_ID}/lifecycle/reactivate", 403, "E0000038"),
        ("PUT", f"/api/v1/groups/{PAY}/users/nobody", 404, "E0000007"),
    ],
)
def test_an_error_has_all_five_fields(
    okta: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = okta.request(method, path)

    assert answer.status_code == status
    assert answer.json()["errorCode"] == answer.json()["errorLink"] == code
    assert set(answer.json()) == {
        "errorCode",
        "errorSummary",
        "errorLink",
        "errorId",
        "errorCauses",
    }
    assert problems({"$ref": "#/components/schemas/Error"}, answer.json()) == []
