"""Which of Okta's rate limits a request counts against. Pure.

A limit is of an address pattern and a method; the exact one goes before the longest prefix. The
names here are what the Sources screen shows.
"""

import re

_BUCKETS = (
    (re.compile(r"/api/v1/users/?"), "users"),
    (re.compile(r"/api/v1/users/[^/]+"), "users/{id}"),
    (re.compile(r"/api/v1/users/.+"), "users/{id}/…"),
    (re.compile(r"/api/v1/groups/?"), "groups"),
    (re.compile(r"/api/v1/groups/.+"), "groups/{id}"),
    (re.compile(r"/api/v1/apps/[^/]+"), "apps/{id}"),
    (re.compile(r"/api/v1/apps(/.*)?"), "apps"),
    (re.compile(r"/api/v1/logs"), "logs"),
    (re.compile(r"/oauth2/v1/clients(/.*)?"), "clients"),
    (re.compile(r"/oauth2/v1/token"), "token"),
)


def bucket(method: str, path: str) -> str:
    """The limit class of a request; `path` without host and query."""
    name = next((name for pattern, name in _BUCKETS if pattern.fullmatch(path)), "other")
    return name if method == "GET" or name == "token" else f"{name}, changes"
