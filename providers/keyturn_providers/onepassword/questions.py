"""What `keyturn init` asks about a 1Password account."""

from keyturn_providers.questions import AnswerForm, Question

NEEDS = (
    (
        "1Password is seen through up to four doors, each optional; what none of them shows becomes"
        " a blind spot."
    ),
    (
        "The op command, signed in as a person who is an owner or administrator, is the only one"
        " that sees who may open which vault."
    ),
    (
        "The SCIM bridge shows and changes people and groups; the Users API suspends and"
        " reactivates; the Events API proves a change in the audit log. Each has its own token."
    ),
)
QUESTIONS = (
    Question(
        "account",
        "Sign-in address of the account, for the op command",
        "As in op account list. Empty where op is not used: then no vault grant is visible.",
        optional=True,
        example="acme.1password.com",
    ),
    Question(
        "op.command",
        "The op program, with arguments if it needs some",
        "Only where it is not the op on the PATH.",
        form=AnswerForm.WORDS,
        optional=True,
        example="/opt/1password/op",
    ),
    Question(
        "bridge.url",
        "Address of the SCIM bridge",
        "Empty where there is none. https, or plain http on this machine.",
        form=AnswerForm.ADDRESS,
        optional=True,
        example="https://scim.acme.example",
    ),
    Question(
        "bridge.token",
        "Where the bridge's bearer token comes from",
        "The name of an environment variable, or a command that prints it; never the token.",
        form=AnswerForm.CREDENTIAL,
        example="OP_BRIDGE_TOKEN",
        default="OP_BRIDGE_TOKEN",
    ),
    Question(
        "users_api.region",
        "Region of the Users API",
        "Empty where it is not used.",
        optional=True,
        choices=(
            ("com", "1password.com"),
            ("ca", "1password.ca"),
            ("eu", "1password.eu"),
        ),
    ),
    Question(
        "users_api.account_id",
        "Account id (UUID)",
        "Twenty-six letters and digits: account_uuid in the answer of op whoami.",
        example="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ),
    Question(
        "users_api.client_id",
        "Client id for the Users API",
        "From the OAuth application that was made for keyturn under Integrations.",
    ),
    Question(
        "users_api.token",
        "Where the client secret for the Users API comes from",
        "The name of an environment variable, or a command that prints it; never the secret.",
        form=AnswerForm.CREDENTIAL,
        example="OP_USERS_SECRET",
        default="OP_USERS_SECRET",
    ),
    Question(
        "events.token",
        "Where the Events API token comes from",
        "The name of an environment variable, or a command that prints it. Empty where it is not"
        " used: then no change can be called logged.",
        form=AnswerForm.CREDENTIAL,
        optional=True,
        example="OP_EVENTS_TOKEN",
    ),
    Question(
        "events.url",
        "Address of the Events API, for an older token only",
        "Newer tokens name their own host. Empty unless keyturn says that the token does not.",
        form=AnswerForm.ADDRESS,
        optional=True,
        example="https://events.1password.com",
    ),
)
