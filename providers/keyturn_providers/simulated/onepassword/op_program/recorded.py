"""What `op` was recorded to say when it refuses, for faults to repeat: name -> text and exit code.

Where only a part of a sentence is recorded, the rest is made around it.
"""

RECORDED: dict[str, tuple[str, int]] = {
    "not signed in": (
        "You are not currently signed in. Please run `op signin --help` for instructions",
        1,
    ),
    "session expired": ("session expired, sign in to create a new session", 1),
    "rate-limited": ("Your requests are being rate-limited. Wait a few minutes and try again.", 1),
    "throttled service account": (
        (
            "(429) Too Many Requests: You've reached the maximum number of this type of requests"
            " this service account is allowed to make. Please retry in 58 minutes or try other"
            " requests."
        ),
        4,
    ),
    "forbidden": ("(403) Forbidden: You aren't authorized to perform this action.", 4),
    "firewall": (
        (
            "(403) Forbidden (Firewall Rule): The IP address of your SCIM bridge was blocked by a"
            " 1Password firewall rule."
        ),
        4,
    ),
    "not found": ("(404) Not Found: The requested resource was not found.", 4),
    "bad request": ("(400) Bad Request: The structure of the request was invalid.", 4),
    "server error": ("(500) Internal Server Error: Something went wrong.", 4),
    "unreachable": ("error initializing client: network unreachable", 1),
}
