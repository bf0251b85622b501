"""Whether the server writes the log that keyturn is told to read."""

from keyturn_providers.errors import NotAllowed
from keyturn_providers.openbao.client import BaoClient
from keyturn_providers.openbao.payloads import DevicePayload, read
from keyturn_providers.text import safe


async def device_problems(client: BaoClient, wanted: str) -> tuple[str, ...]:
    """Phrases for the blind spots: no file device, or not the one named `wanted` ("" for any).

    Empty where all is well, and where the server does not tell: to a token without sudo on
    `sys/audit`, and in a namespace.
    """
    try:
        told = await client.setting("sys/audit", "asking for the audit devices")
    except NotAllowed:
        return ()
    if told is None:
        return ()
    devices: dict[str, DevicePayload] = {}
    for path, content in told.items():
        try:
            devices[path.rstrip("/")] = read(DevicePayload, content)
        except ValueError:
            continue
    files = {name for name, device in devices.items() if device.type == "file"}
    if wanted and wanted.rstrip("/") not in files:
        known = ", ".join(safe(name, 40) for name in sorted(files)) or "none"
        missing = f"no file audit device {safe(wanted, 40)} (it has {known})"
        return (f"the audit log: the server has {missing}",)
    return () if files else ("the audit log: the server has no audit device of type file",)
