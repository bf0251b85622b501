"""A bundle as one zip: the same files give the same bytes, whenever and wherever it is made."""

import io
import zipfile
from collections.abc import Mapping

_REGULAR_FILE = 0o100644 << 16
_UNIX = 3


def zipped(files: Mapping[str, bytes], folder: str) -> bytes:
    """The zip of `files` below `folder`: sorted, stored as they are, dated 1 January 1980.

    Nothing is compressed, since another zlib would give other bytes.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{folder}/{name}")
            info.external_attr = _REGULAR_FILE
            info.create_system = _UNIX
            made.writestr(info, files[name])
    return out.getvalue()
