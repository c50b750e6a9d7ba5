"""Files by their hash: kept once, whole, and under no other name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from storage.blobs import BlobStore

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4000
SHA256 = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "文件 & files"


@pytest.fixture
def blobs(folder: Path) -> BlobStore:
    return BlobStore(folder.as_uri())


def kept(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_kept_under_the_hash_of_its_content(blobs: BlobStore, folder: Path) -> None:
    assert not blobs.has(SHA256)
    assert blobs.put(PHOTO) == SHA256
    assert (blobs.has(SHA256), blobs.get(SHA256)) == (True, PHOTO)
    assert kept(folder) == {f"{SHA256[:2]}/{SHA256}": PHOTO}


def test_same_bytes_are_kept_once(blobs: BlobStore, folder: Path) -> None:
    blobs.put(PHOTO)
    place = folder / SHA256[:2] / SHA256
    before = place.stat().st_ino
    assert blobs.put(PHOTO) == SHA256
    assert (len(kept(folder)), place.stat().st_ino) == (1, before)


def test_empty_file_is_a_file(blobs: BlobStore) -> None:
    assert blobs.get(blobs.put(b"")) == b""


@pytest.mark.parametrize("left", [b"", PHOTO[:5000]])
def test_what_a_power_cut_left_is_written_anew(blobs: BlobStore, folder: Path, left: bytes) -> None:
    """A name may outlive its content, since they reach the disk apart."""
    place = folder / SHA256[:2] / SHA256
    place.parent.mkdir()
    place.write_bytes(left)
    blobs.put(PHOTO)
    assert blobs.get(SHA256) == PHOTO


def test_what_is_not_there_is_said(blobs: BlobStore) -> None:
    with pytest.raises(FileNotFoundError):
        blobs.get(SHA256)


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../etc/passwd", f"../{SHA256}", SHA256.upper(), SHA256[:-1], f"{SHA256}\n", "/" * 64],
)
def test_only_a_hash_is_a_name(blobs: BlobStore, folder: Path, name: str) -> None:
    (folder.parent / "passwd").write_bytes(b"secret")
    for ask in (blobs.get, blobs.has):
        with pytest.raises(ValueError, match="is not the SHA-256 of a file"):
            ask(name)


def test_two_stores_on_one_folder_share_their_files(blobs: BlobStore, folder: Path) -> None:
    assert BlobStore(folder.as_uri()).get(blobs.put(PHOTO)) == PHOTO


@pytest.mark.parametrize("url", ["files", "http://example.cn/files", "", "ftp://example.cn"])
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="files_url must begin with file:// or s3://"):
        BlobStore(url)
