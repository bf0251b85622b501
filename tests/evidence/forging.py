"""Writing a bundle anew as a forger would: with every digest made to fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.evidence.made import unpacked

from keyturn.decide.values import from_plain
from keyturn.evidence.bundle import Bundle
from keyturn.evidence.manifest import entries_of, seal_of
from keyturn.evidence.pack import Pack
from keyturn.evidence.page import page
from keyturn.evidence.verify_bundle import verify_bundle


def rewritten(
    bundle: Bundle, edit: Callable[[dict[str, Any]], object], folder: Path, **files: bytes
) -> list[str]:
    """What verify says after `edit` changed leaver.json, with the page and all digests made to fit;
    `files` stand for others, with _ for the dot."""
    own = {"manifest.json", "manifest.sha256"}
    every = {name: data for name, data in bundle.files.items() if name not in own}
    plain = json.loads(every["leaver.json"])
    edit(plain)
    every["leaver.json"] = json.dumps(plain).encode()
    every["leaver.html"] = page(from_plain(Pack, plain)).encode()
    every |= {name.replace("_", "."): data for name, data in files.items()}
    manifest = bundle.manifest.model_copy(update={"files": entries_of(every)})
    every |= {"manifest.json": manifest.text(), "manifest.sha256": seal_of(manifest.text())}
    return [str(one) for one in verify_bundle(unpacked(every, folder)).wrong]
