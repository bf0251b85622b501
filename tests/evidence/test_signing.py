"""Who signed a bundle, and what is said where nobody, another one, or a damaged signature did."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.made import by_script, made, unpacked

from keyturn.evidence import signing
from keyturn.evidence.manifest import SIGNATURE
from keyturn.evidence.signing import CannotSign, fingerprint_of
from keyturn.evidence.verify_bundle import verify_bundle


def test_a_signed_bundle_says_by_whom(key: Path, signers: Path, tmp_path: Path) -> None:
    bundle = made(key)
    print_ = fingerprint_of(key)
    for place in (unpacked(dict(bundle.files), tmp_path / "b"), tmp_path / "b.zip"):
        if place.suffix == ".zip":
            place.write_bytes(bundle.zip())
        known = verify_bundle(place, signers)
        assert known.wrong == ()
        assert known.signed == f"signed by a.ruiz@acme.example with the key {print_}"
        unknown = verify_bundle(place)
        assert unknown.wrong == ()
        assert unknown.signed.startswith(f"signed with the key {print_}; compare it")
        assert by_script(place, tmp_path).returncode == 0
        assert by_script(place, tmp_path, str(signers)).returncode == 0


def test_another_signer_is_refused(other_key: Path, signers: Path, tmp_path: Path) -> None:
    place = unpacked(dict(made(other_key).files), tmp_path / "b")
    checked = verify_bundle(place, signers)
    told = f"manifest.json.sig: its key is not among the allowed signers in {signers}"
    assert list(map(str, checked.wrong)) == [told]
    done = by_script(place, tmp_path, str(signers))
    assert done.returncode == 1
    assert "manifest.json.sig is not by the signer" in done.stderr


def test_a_signature_of_another_manifest_or_key_is_found(
    key: Path, other_key: Path, tmp_path: Path
) -> None:
    bundle = made(key)
    for armour in (
        signing.sign(b"something else", key),
        signing.sign(bundle.files["manifest.json"], other_key),
    ):
        place = unpacked({**bundle.files, SIGNATURE: armour}, tmp_path / "b")
        assert [one.file for one in verify_bundle(place).wrong] == [SIGNATURE]
        assert by_script(place, tmp_path).returncode == 1


def test_a_signature_that_is_gone_or_unasked_for_is_found(key: Path, tmp_path: Path) -> None:
    bundle, unsigned = made(key), made()
    without = {name: data for name, data in bundle.files.items() if name != SIGNATURE}
    place = unpacked(without, tmp_path / "b")
    assert [one.file for one in verify_bundle(place).wrong] == [SIGNATURE]
    assert by_script(place, tmp_path).returncode == 1
    place = unpacked({**unsigned.files, SIGNATURE: bundle.files[SIGNATURE]}, tmp_path / "b")
    assert [one.file for one in verify_bundle(place).wrong] == [SIGNATURE]
    assert by_script(place, tmp_path).returncode == 1


def test_an_unsigned_bundle_is_not_enough_where_signers_are_named(
    signers: Path, tmp_path: Path
) -> None:
    place = unpacked(dict(made().files), tmp_path / "b")
    assert list(map(str, verify_bundle(place, signers).wrong)) == [
        "manifest.json: nobody signed it"
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_every_changed_byte_of_a_signature_is_found(
    key: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    bundle = made(key)
    armour = bytearray(bundle.files[SIGNATURE])
    at = data.draw(st.integers(0, len(armour) - 1))
    armour[at] ^= data.draw(st.integers(1, 255))
    scratch = tmp_path_factory.mktemp("signature")
    place = unpacked({**bundle.files, SIGNATURE: bytes(armour)}, scratch / "b")
    assert [one.file for one in verify_bundle(place).wrong] == [SIGNATURE]
    assert by_script(place, scratch).returncode == 1


def test_a_key_that_cannot_sign_says_why(tmp_path: Path) -> None:
    with pytest.raises(CannotSign, match=r"nowhere: cannot sign the evidence: .*signing_key"):
        made(tmp_path / "nowhere")
    locked = tmp_path / "locked"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "long enough", "-f", str(locked)],
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    with pytest.raises(CannotSign, match="ssh-add"):
        made(locked)
