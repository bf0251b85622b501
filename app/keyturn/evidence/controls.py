"""Which controls a row of evidence speaks to, and what it does not prove.

SOC 2 is the Trust Services Criteria 2017 (points of focus of 2022), ISO is ISO/IEC 27001:2022
Annex A. The wording is ours; the licensed texts decide.
"""

from keyturn.decide.findings import ChangeKind
from keyturn.evidence.pack_basis import ControlTold

_ACCOUNT = ("SOC 2 CC6.2", "SOC 2 CC6.3", "ISO 5.16", "ISO 5.18")
_SESSION = ("SOC 2 CC6.1", "SOC 2 CC6.2", "ISO 8.5")
_ACCESS = ("SOC 2 CC6.1", "SOC 2 CC6.3", "ISO 5.15", "ISO 5.18", "ISO 8.3")
_TAGS = {
    ChangeKind.SUSPEND: _ACCOUNT,
    ChangeKind.REACTIVATE: _ACCOUNT,
    ChangeKind.DEACTIVATE: _ACCOUNT,
    ChangeKind.PROVISION: _ACCOUNT,
    ChangeKind.CONFIRM: _ACCOUNT,
    ChangeKind.END_SESSION: _SESSION,
    ChangeKind.END_ALL_SESSIONS: _SESSION,
}


def tags_of(kind: ChangeKind) -> tuple[str, ...]:
    """The controls that a change of this kind is evidence for."""
    return _TAGS.get(kind, _ACCESS)


CONTROLS: tuple[ControlTold, ...] = (
    ControlTold(
        "SOC 2",
        "CC6.1",
        "Logical access to protected assets is restricted.",
        "Access before and after, with paths; sessions ended.",
        "Encryption, networks, and systems that keyturn is not connected to.",
    ),
    ControlTold(
        "SOC 2",
        "CC6.2",
        "Credentials are removed when a person is no longer authorised.",
        "Cut of each account with intent, answer, read-back and audit event; exposure window.",
        "That HR gave the leave time in time, or that it is right: it is as the operator stated.",
    ),
    ControlTold(
        "SOC 2",
        "CC6.3",
        "Access is removed by role and least privilege, with duties apart.",
        "Grants and memberships taken, guards, operator, approver as stated.",
        "That roles are well designed; that the approver is another person than the operator.",
    ),
    ControlTold(
        "SOC 2",
        "CC6.5",
        "Protection of assets ends only after the data cannot be had any more.",
        "Residual risks: what may be left on devices.",
        "Deletion or wiping of any device: keyturn sees none.",
    ),
    ControlTold(
        "SOC 2",
        "CC7.2",
        "Anomalies are watched for.",
        "Guard verdicts on the plan.",
        "Monitoring outside of keyturn.",
    ),
    ControlTold(
        "SOC 2",
        "CC7.3 / CC7.4",
        "Events are evaluated and answered.",
        "Every step and every failure with its time, in a chained journal.",
        "What people decided and said outside of keyturn.",
    ),
    ControlTold(
        "SOC 2",
        "CC8.1",
        "Changes are authorised, reviewed and documented.",
        "The plan with its digest, guards, what was left alone; applied only as reviewed.",
        "Approval itself: keyturn records who ran it, and the approver as stated.",
    ),
    ControlTold(
        "ISO 27001",
        "5.16",
        "Identities have a whole life cycle.",
        "Accounts of both systems matched as one person.",
        "Accounts in systems that keyturn is not connected to.",
    ),
    ControlTold(
        "ISO 27001",
        "5.17",
        "Authentication information is changed when exposed.",
        "The rotation list: class, due time, and when somebody else changed an item after the cut.",
        "That a changed item was given a new secret: contents are never read.",
    ),
    ControlTold(
        "ISO 27001",
        "5.18",
        "Access rights are removed.",
        "Every right before, the step that took it, the read-back.",
        "Rights that are among the blind spots.",
    ),
    ControlTold(
        "ISO 27001",
        "5.28 / 5.33",
        "Evidence is collected and records are protected.",
        "Chained journal lines, digests of all files, the signature where there is one.",
        "That the machine's owner did not make all of it anew: publish the checkpoint elsewhere.",
    ),
    ControlTold(
        "ISO 27001",
        "5.34",
        "Personal data is protected.",
        "Other people appear by initials and id only.",
        "Retention of this bundle once it has left keyturn.",
    ),
    ControlTold(
        "ISO 27001",
        "6.5",
        "Duties after the end of employment are settled.",
        "Nothing but the times.",
        "That the leaver was told: HR's.",
    ),
    ControlTold(
        "ISO 27001",
        "8.2",
        "Privileged rights are restricted.",
        "Roles left alone, named with what is to be done by hand.",
        "That it was done.",
    ),
    ControlTold(
        "ISO 27001",
        "8.5",
        "Authentication is secure.",
        "Sessions ended, and the residual window.",
        "Tokens that applications issued themselves.",
    ),
    ControlTold(
        "ISO 27001",
        "8.15 / 8.17",
        "Events are logged, protected, with clocks in step.",
        "Raw audit events of the targets, bound to the journal's chain.",
        "How far the clocks were apart at every event: it was looked at when the run began.",
    ),
    ControlTold(
        "ISO 27001",
        "8.32",
        "Changes are managed.",
        "Plan, guards, verdicts, what can and what cannot be undone.",
        "The organisation's own change procedure.",
    ),
)
