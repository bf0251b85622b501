"""A bundle from elsewhere is not trusted: nothing is unpacked, and odd ones are refused."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.evidence.made import made, unpacked

from keyturn.evidence import reading
from keyturn.evidence.reading import NotABundle, read_bundle
from keyturn.evidence.verify_bundle import verify_bundle


def packed(*members: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as made_by_hand:
        for name, content in members:
            made_by_hand.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "name",
    ["../../.ssh/authorized_keys", "/etc/passwd", "b/../x", "b/c/x", "b\\..\\x", "x", "b/.hidden",
     "b/\x1b]52;c;x\x07"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    place = tmp_path / "bundle.zip"
    place.write_bytes(packed(("b/manifest.json", b"{}"), (name, b"")))
    with pytest.raises(NotABundle, match="a bundle has no file") as refused:
        read_bundle(place)
    assert "\x1b" not in str(refused.value)
    assert [one.name for one in tmp_path.iterdir()] == ["bundle.zip"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    place = tmp_path / "bundle.zip"
    bomb = packed(("b/leaver.json", bytes(50_000_000)), how=zipfile.ZIP_DEFLATED)
    place.write_bytes(bomb)
    with pytest.raises(NotABundle, match="packed in another way"):
        read_bundle(place)


def test_too_many_and_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "bundle.zip"
    place.write_bytes(packed(*((f"b/f{n}", b"") for n in range(reading.MAX_FILES + 1))))
    with pytest.raises(NotABundle, match="more than 1024 files"):
        read_bundle(place)
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(NotABundle, match="larger than 100 bytes"):
        read_bundle(place)
    with pytest.raises(NotABundle, match="larger than 100 bytes"):
        read_bundle(unpacked(dict(made().files), tmp_path / "folder"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "bundle.zip"
    place.write_bytes(packed(("b/a", b"1"), ("b/a", b"2")))
    with pytest.raises(NotABundle, match="a twice"):
        read_bundle(place)


def test_links_folders_and_pipes_in_a_folder_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    spoils: tuple[Callable[[Path], None], ...] = (
        lambda path: path.symlink_to(secret),
        lambda path: path.mkdir(),
        lambda path: os.mkfifo(path),
    )
    for number, spoil in enumerate(spoils):
        place = unpacked(dict(made().files), tmp_path / f"b{number}")
        spoil(place / "odd")
        with pytest.raises(NotABundle, match="odd is a folder, a link or a device"):
            read_bundle(place)
        assert not verify_bundle(place).as_written


def test_nothing_there_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(NotABundle, match=r"nowhere: cannot be checked: No such file.*Name the"):
        verify_bundle(tmp_path / "nowhere")
