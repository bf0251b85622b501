"""Signatures by ssh-keygen: the operator's own key, nothing new to keep, checkable anywhere."""

import base64
import os
import re
import subprocess
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

from keyturn.evidence.manifest import MANIFEST, NAMESPACE
from keyturn_providers.text import safe

_SECONDS = 60
_FINGERPRINT = re.compile(r"\bSHA256:[A-Za-z0-9+/=]+")
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_WIDTH = 70


class CannotSign(Exception):
    """ssh-keygen, or the key, does not do it; says why and what to do next."""


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """`words` says what is wrong, "" if the signature holds. `signer` is who signed, where a file
    of allowed signers was given; `fingerprint` is the key's."""

    fingerprint: str
    signer: str = ""
    words: str = ""


def fingerprint_of(key: Path) -> str:
    """The fingerprint of a key, from its public half. Raises CannotSign."""
    public = key if key.suffix == ".pub" else Path(f"{key}.pub")
    done = _ssh_keygen("-l", "-f", str(public if public.is_file() else key))
    found = _FINGERPRINT.search(done.stdout.decode("utf-8", "replace"))
    if done.returncode or not found:
        raise CannotSign(
            f"{key}: cannot sign the evidence: {_why(done)} Name an SSH key in keyturn.yaml "
            "(evidence: {signing_key: PATH}), the public one if the other is in ssh-agent."
        )
    return found.group()


def sign(manifest: bytes, key: Path) -> bytes:
    """The signature of `manifest`, by a key file without passphrase or by ssh-agent.

    Nobody is asked for a passphrase. Raises CannotSign.
    """
    with tempfile.TemporaryDirectory(prefix="keyturn-") as folder:
        file = Path(folder, MANIFEST)
        file.write_bytes(manifest)
        done = _ssh_keygen("-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file))
        made = Path(folder, f"{MANIFEST}.sig")
        if done.returncode or not made.is_file():
            raise CannotSign(
                f"{key}: cannot sign the evidence: {_why(done)} If the key has a passphrase, add "
                "it to ssh-agent first (ssh-add); nothing was written."
            )
        return _framed(made.read_bytes())


def check(manifest: bytes, armour: bytes, signers: Path | None) -> SignatureCheck:
    """Whether `armour` signs `manifest`, and with `signers` (a file as in `man ssh-keygen`,
    ALLOWED SIGNERS) whether one of them did. Never raises for a bad signature."""
    try:
        if _framed(armour) != armour:
            return SignatureCheck("", words="it is not written as a signature is")
    except ValueError:
        return SignatureCheck("", words="it is no signature")
    with tempfile.TemporaryDirectory(prefix="keyturn-") as folder:
        file = Path(folder, "signature")
        file.write_bytes(armour)
        place = ("-s", str(file))
        try:
            if signers is None:
                done = _ssh_keygen("-Y", "check-novalidate", "-n", NAMESPACE, *place, data=manifest)
                return _checked(done, "")
            named = _ssh_keygen("-Y", "find-principals", "-f", str(signers), *place)
            signer = named.stdout.decode("utf-8", "replace").partition("\n")[0]
            if named.returncode or not signer:
                words = f"its key is not among the allowed signers in {signers}"
                return SignatureCheck("", words=words)
            done = _ssh_keygen(
                "-Y", "verify", "-n", NAMESPACE, "-f", str(signers), "-I", signer, *place,
                data=manifest,
            )  # fmt: skip
            return _checked(done, signer)
        except CannotSign as missing:
            return SignatureCheck("", words=str(missing))


def _checked(done: subprocess.CompletedProcess[bytes], signer: str) -> SignatureCheck:
    found = _FINGERPRINT.search(done.stdout.decode("utf-8", "replace"))
    if done.returncode or not found:
        return SignatureCheck("", words=f"it is not a signature of this manifest: {_why(done)}")
    return SignatureCheck(found.group(), safe(signer))


def _framed(armour: bytes) -> bytes:
    """The signature in the one way it is written, so that no byte of it can differ unseen."""
    lines = armour.decode("ascii").split("\n")
    body = base64.b64decode("".join(lines[1:-2]), validate=True)
    wrapped = textwrap.wrap(base64.b64encode(body).decode("ascii"), _WIDTH)
    return "\n".join([_BEGIN, *wrapped, _END, ""]).encode("ascii")


def _ssh_keygen(*words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # Its own session has no terminal, so that a passphrase is never asked for.
    environment = {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    try:
        return subprocess.run(  # noqa: S603 - the arguments are a list, no shell
            ["ssh-keygen", *words],  # noqa: S607 - the operator's own, as on their path
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            env=environment,
            start_new_session=True,
            check=False,
        )
    except FileNotFoundError:
        raise CannotSign(
            "ssh-keygen: cannot be found, and signatures are made and checked by it. Install "
            "OpenSSH's client."
        ) from None
    except subprocess.TimeoutExpired:
        raise CannotSign(
            f"ssh-keygen: gave no answer in {_SECONDS} s. Does the key need a touch?"
        ) from None


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    words = safe(said[-1]) if said else f"ssh-keygen ended with {done.returncode}"
    return words if words.endswith(".") else f"{words}."
