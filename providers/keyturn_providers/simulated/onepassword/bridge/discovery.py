"""ServiceProviderConfig, ResourceTypes and Schemas, with the deviations that were recorded."""

from keyturn_providers.simulated.onepassword.bridge.resources import GROUP, USER
from keyturn_providers.simulated.onepassword.surface import Json

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def service_provider_config() -> Json:
    """What the bridge says it supports."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 10000},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": False},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "Authentication scheme using the OAuth Bearer Token Standard",
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": "/scim/v2/ServiceProviderConfig",
        },
    }


def resource_types() -> Json:
    """Starts at 0, and names the users' endpoint in the singular."""
    return _listed(
        [
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
                "id": name,
                "name": name,
                "endpoint": endpoint,
                "schema": schema,
                "meta": {
                    "resourceType": "ResourceType",
                    "location": f"/scim/v2/ResourceTypes/{name}",
                },
            }
            for name, endpoint, schema in (
                ("User", "/scim/v2/User", USER),
                ("Group", "/scim/v2/Groups", GROUP),
            )
        ]
    )


def schemas() -> Json:
    """Without `active` and `displayName` of people, which are nevertheless given and patchable."""
    return _listed(
        [
            {
                "id": USER,
                "name": "User",
                "attributes": [
                    _attribute("userName", required=True, uniqueness="server"),
                    _attribute(
                        "name",
                        "complex",
                        required=True,
                        parts=("givenName", "familyName", "formatted"),
                    ),
                    _attribute("emails", "complex", many=True, parts=("primary", "type", "value")),
                    _attribute("externalId"),
                    _attribute("preferredLanguage"),
                    _attribute("groups", "complex", many=True, mutability="readOnly"),
                ],
            },
            {
                "id": GROUP,
                "name": "Group",
                "attributes": [
                    _attribute("displayName", required=True),
                    _attribute("members", "complex", many=True, parts=("value", "$ref", "type")),
                    _attribute("externalId"),
                ],
            },
        ]
    )


def _attribute(
    name: str,
    kind: str = "string",
    *,
    required: bool = False,
    many: bool = False,
    uniqueness: str = "none",
    mutability: str = "readWrite",
    parts: tuple[str, ...] = (),
) -> Json:
    shown: Json = {
        "name": name,
        "type": kind,
        "multiValued": many,
        "required": required,
        "caseExact": False,
        "mutability": mutability,
        "returned": "default",
        "uniqueness": uniqueness,
    }
    if parts:
        shown["subAttributes"] = [_attribute(part) for part in parts]
    return shown


def _listed(resources: list[Json]) -> Json:
    return {
        "schemas": [_LIST],
        "totalResults": len(resources),
        "startIndex": 0,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
