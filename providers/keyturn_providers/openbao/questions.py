"""What `keyturn init` asks about an OpenBao or Vault server."""

from keyturn_providers.questions import AnswerForm, Question

NEEDS = (
    (
        "A token that may read identity, auth methods, mounts and policies. What it may not read is"
        " shown as a blind spot."
    ),
    (
        "For proof from the audit log: an audit device of type file, and a place where keyturn can"
        " read what it writes."
    ),
)
QUESTIONS = (
    Question(
        "url",
        "Address of the server",
        "Without /v1; https, or plain http on this machine.",
        form=AnswerForm.ADDRESS,
        example="https://bao.example:8200",
    ),
    Question(
        "token",
        "Where the token comes from",
        "The name of an environment variable, or a command that prints it; never the token.",
        form=AnswerForm.CREDENTIAL,
        example="BAO_TOKEN",
        default="BAO_TOKEN",
    ),
    Question(
        "namespace",
        "Namespace to look at",
        "It is read alone, without the namespaces below it. Empty for the root namespace.",
        optional=True,
    ),
    Question(
        "audit_log",
        "File that the audit device writes",
        "No API gives the log. Without the file, no change can be called logged.",
        optional=True,
        example="/var/log/openbao/audit.log",
    ),
    Question(
        "ca_file",
        "PEM file of the company's own certificate authority",
        "Only where the server's certificate is not from a public one.",
        optional=True,
    ),
)
