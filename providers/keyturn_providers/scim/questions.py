"""What `keyturn init` asks about a SCIM server."""

from keyturn_providers.questions import AnswerForm, Question

NEEDS = (
    (
        "A bearer token for the server's SCIM API. To read, it must list /Users and /Groups; to"
        " act, it must be allowed to PATCH both."
    ),
)
QUESTIONS = (
    Question(
        "url",
        "Base address of the SCIM server",
        "What /Users and /Groups hang on; https, or plain http on this machine.",
        form=AnswerForm.ADDRESS,
        example="https://idp.example/scim/v2",
    ),
    Question(
        "token",
        "Where the bearer token comes from",
        "The name of an environment variable, or a command that prints it; never the token.",
        form=AnswerForm.CREDENTIAL,
        example="SCIM_TOKEN",
        default="SCIM_TOKEN",
    ),
    Question(
        "own_account",
        "Id of the account that the token belongs to",
        "SCIM cannot tell. With it, keyturn refuses to suspend itself.",
        optional=True,
    ),
    Question(
        "ca_file",
        "PEM file of the company's own certificate authority",
        "Only where the server's certificate is not from a public one.",
        optional=True,
    ),
)
