"""What a file is: by its content, whatever its name says."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image

from bot.media.sniffing import format_of
from tests.corpus_files import make

MADE = ["jpeg", "png", "pdf", "mp4", "mp3", "docx", "xlsx", "txt"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def drawn(kind: str) -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(picture, kind)
    return picture.getvalue()


def zipped(*names: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        for name in names:
            # A time of its own would give a test another name in each process that collects it.
            writing.writestr(zipfile.ZipInfo(name, (2024, 4, 10, 0, 0, 0)), "x")
    return archive.getvalue()


@pytest.mark.parametrize("kind", MADE)
def test_what_people_send(kind: str) -> None:
    assert format_of(make(kind, f"成果.{kind}", 1)) == kind


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "webp", "bmp", "tiff"])
def test_pictures(kind: str) -> None:
    assert format_of(drawn(kind)) == kind


@pytest.mark.parametrize(
    ("brand", "kind"),
    [(b"isom", "mp4"), (b"mp42", "mp4"), (b"qt  ", "mov"), (b"heic", "heic"), (b"mif1", "heic"),
     (b"M4A ", "m4a"), (b"3gp4", "3gp"), (b"????", "mp4")],
)  # fmt: skip
def test_boxes_by_their_brand(brand: bytes, kind: str) -> None:
    assert format_of(b"\0\0\0\x18ftyp" + brand + bytes(64)) == kind


@pytest.mark.parametrize(
    ("names", "kind"),
    [(["[Content_Types].xml", "word/document.xml"], "docx"), (["[Content_Types].xml", "ppt/a.xml"], "pptx"),
     (["[Content_Types].xml", "xl/workbook.xml"], "xlsx"), (["[Content_Types].xml"], "zip"),
     (["word/document.xml"], "zip"), (["成果/主视图.jpg"], "zip")],
)  # fmt: skip
def test_archives_by_what_they_hold(names: list[str], kind: str) -> None:
    assert format_of(zipped(*names)) == kind


@pytest.mark.parametrize("head", [b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"ID3"])
def test_sound(head: bytes) -> None:
    assert format_of(head + bytes(200)) == "mp3"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_every_encoding_of_an_office(encoding: str) -> None:
    assert format_of("1. 夹具用几个卡盘？\r\n答案：两个\r\n".encode(encoding)) == "txt"


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", "empty"), (bytes(500), "unknown"), (b"PK\x03\x04 and no archive", "unknown"),
     (b"\x01\x02\x03 controls", "unknown"), (b"#!AMR\n" + bytes(40), "amr"), (zipped("a")[:30], "unknown"), (zipped(), "unknown")],
    ids=["nothing", "zeros", "no-archive", "controls", "amr", "cut-archive", "empty-archive"],
)  # fmt: skip
def test_the_rest(content: bytes, kind: str) -> None:
    assert format_of(content) == kind


def test_a_cut_picture_is_still_called_a_picture() -> None:
    """Whether it can be opened is for the file rules; here it is only named."""
    assert format_of(make("jpeg", "主视图.jpg", 1)[:5000]) == "jpeg"
