"""Builds the files that the corpus attaches: honest, small, the same bytes for the same arguments."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import PurePath
from xml.sax.saxutils import escape

from PIL import Image

PHOTO_PIXELS = (1800, 1200)
PHOTO_MINIMUM = 1_000_000
QUESTIONS = (
    "{}主要用于哪一类作业？",
    "使用{}之前，首先应当检查什么？",
    "{}要解决的实际问题是什么？",
    "采用{}以前，班组通常怎样完成同样的工作？",
    "{}由哪几个部分组成？",
    "{}的操作步骤中，第一步是什么？",
    "操作{}时，应当穿戴哪些劳动防护用品？",
    "{}出现异常时，应当先做什么？",
    "{}与原来的做法相比，最主要的不同在哪里？",
    "{}的关键技术指标是哪一项？",
    "{}每次使用后，应当怎样保管？",
    "{}的日常维护由谁负责？",
    "{}应当多长时间检验一次？",
    "{}不适用于下列哪一种场合？",
    "使用{}后，作业时间缩短了多少？",
    "使用{}后，作业人数有什么变化？",
    "{}的经济效益按什么口径计算？",
    "{}带来的社会效益体现在哪里？",
    "推广{}需要具备什么条件？",
    "新上岗的职工学习{}，应当先接受哪项培训？",
)

_ZIP_DAY = (2024, 4, 10, 9, 0, 0)
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"


def make(kind: str, name: str, seed: int, size: int | None = None) -> bytes:
    """Build a file of `kind` (jpeg png pdf mp4 mp3 docx xlsx txt), exactly `size` bytes if given.

    `name` and `seed` go into the content, so two files of one corpus never have the same hash.
    Padding stands where the format allows it: comments, ancillary chunks, free boxes, blanks.
    Raises KeyError for another kind and ValueError if `size` is less than the file needs.
    """
    build = _BUILDERS[kind]
    if size is None and kind == "jpeg":
        size = PHOTO_MINIMUM + 1_000 + seed % 1_000
    plain = build(name, seed, 0)
    if size is None or size == len(plain):
        return plain
    padded = build(name, seed, size - len(plain)) if size > len(plain) else b""
    if len(padded) != size:
        raise ValueError(f"{name}: a {kind} cannot be made {size} bytes long, it takes {len(plain)}")
    return padded


def _blanks(count: int) -> str:
    return " " * count


@cache
def _photo() -> bytes:
    """Grey noise is fast to draw and hardly compresses, so the picture is as heavy as a real one."""
    width, height = PHOTO_PIXELS
    noise = Image.frombytes("L", PHOTO_PIXELS, random.Random(2024).randbytes(width * height))
    kept = io.BytesIO()
    noise.convert("RGB").save(kept, "JPEG", quality=50, dpi=(300, 300))
    return kept.getvalue()


def _jpeg(name: str, seed: int, room: int) -> bytes:
    """Comment segments go between the JFIF header and the tables (ISO/IEC 10918-1 B.2.4.5)."""
    photo = _photo()
    header_end = 4 + int.from_bytes(photo[4:6], "big")
    comments = [_comment(f"{name} {seed}".encode())]
    while room:
        length = room if room <= 65_537 else min(65_537, room - 4)
        comments.append(_comment(bytes(length - 4)))
        room -= length
    return photo[:header_end] + b"".join(comments) + photo[header_end:]


def _comment(text: bytes) -> bytes:
    return b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text


def _png(name: str, seed: int, room: int) -> bytes:
    """A page of A4 at 150 dpi with a line of grey where the text would be."""
    width, height = 1240, 1754
    white, grey = b"\x00" + b"\xff" * width, b"\x00" + b"\xff" * 200 + b"\x60" * (width - 400) + b"\xff" * 200
    pixels = b"".join(grey if row % 90 < 8 else white for row in range(height))
    text = f"Comment\0\0\0\0\0{name} {seed}".encode()
    chunks = [
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        _chunk(b"iTXt", text),
        _chunk(b"tEXt", b"Software\x00" + b" " * (room - 21)) if room else b"",
        _chunk(b"IDAT", zlib.compress(pixels, 9)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _pdf(name: str, seed: int, room: int) -> bytes:
    """One A4 page; the offsets of the cross-reference table are the true ones."""
    stream = f"BT /F1 12 Tf 72 770 Td (Scan {seed}) Tj ET".encode()
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title <%s> >>" % ("\ufeff" + name).encode("utf-16-be").hex().encode(),
        b"<< /Font << /F1 5 0 R >> >>",
    )
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    if room:
        out += b"%" + b" " * (room - 2) + b"\n"
    # The place of the table is written in ten digits, so that padding never changes its length.
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\n" % (len(bodies) + 1)
    return bytes(out + b"startxref\n%010d\n%%%%EOF\n" % table)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, body: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), body)


def _mp4(name: str, seed: int, room: int) -> bytes:
    """Thirty seconds of 1920×1080 H.264 by its boxes; the one sample is a parameter set, not a picture."""
    start = _box(b"ftyp", b"mp42", struct.pack(">I", 0), b"mp42isom")
    sample = _box(b"mdat", f"{seed}".encode())
    free = _box(b"free", bytes(room - 8)) if room else b""
    place = len(start) + 8
    return start + sample + free + _box(b"moov", _movie_header(), _track(place, len(sample) - 8, name))


_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _movie_header() -> bytes:
    times = struct.pack(">IIII", 0, 0, 1000, 30_000)
    return _full(
        b"mvhd", times + struct.pack(">IHHII", 0x10000, 0x100, 0, 0, 0) + _UNITY + bytes(24) + b"\0\0\0\2"
    )


def _track(place: int, length: int, name: str) -> bytes:
    header = struct.pack(">IIIII", 0, 0, 1, 0, 30_000) + bytes(8) + bytes(8) + _UNITY
    size = struct.pack(">II", 1920 << 16, 1080 << 16)
    media = _box(
        b"mdia",
        _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, 30_000, 0x55C4, 0)),
        _full(b"hdlr", bytes(4) + b"vide" + bytes(12) + name.encode() + b"\0"),
        _box(b"minf", _full(b"vmhd", bytes(8), 1), _data_reference(), _samples(place, length)),
    )
    return _box(b"trak", _full(b"tkhd", header + size, 3), media)


def _data_reference() -> bytes:
    return _box(b"dinf", _full(b"dref", struct.pack(">I", 1) + _full(b"url ", b"", 1)))


def _samples(place: int, length: int) -> bytes:
    codec = _box(b"avcC", bytes((1, 0x42, 0, 0x28, 0xFF, 0xE0, 0)))
    picture = bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HH", 1920, 1080)
    picture += struct.pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1) + _box(b"avc1", picture, codec)),
        _full(b"stts", struct.pack(">III", 1, 1, 30_000)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        _full(b"stsz", struct.pack(">III", 0, 1, length)),
        _full(b"stco", struct.pack(">II", 1, place)),
    )


def _mp3(name: str, seed: int, room: int) -> bytes:
    """An ID3v2.3 title and 115 silent frames (MPEG-1 layer III, 128 kbit/s, 44.1 kHz): three seconds."""
    title = b"\x01" + f"{name} {seed}".encode("utf-16")
    frame = b"TIT2" + struct.pack(">IH", len(title), 0) + title
    length = len(frame) + room
    digits = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    silence = b"\xff\xfb\x90\x64" + bytes(413)
    return b"ID3\x03\x00\x00" + digits + frame + bytes(room) + silence * 115


def _txt(name: str, seed: int, room: int) -> bytes:
    return ("\n".join(_quiz(name, seed)) + "\n" + _blanks(room)).encode()


def _quiz(name: str, seed: int) -> list[str]:
    """A heading and twenty numbered questions, each with four options and the answer."""
    subject = PurePath(name).stem
    lines = [f"{subject}（第{seed}套，共{len(QUESTIONS)}题）"]
    for number, question in enumerate(QUESTIONS, start=1):
        lines.append(f"{number}.（单选题）{question.format(subject)}")
        lines.append("A.按操作卡第一款办理 B.按操作卡第二款办理 C.按操作卡第三款办理 D.按操作卡第四款办理")
        lines.append(f"答案：{'ABCD'[(number + seed) % 4]}")
    return lines


def _docx(name: str, seed: int, room: int) -> bytes:
    paragraphs = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in _quiz(name, seed))
    document = f'<w:document xmlns:w="{_W}"><w:body>{paragraphs}</w:body></w:document>'
    main = ("word/document.xml", _OFFICE + "wordprocessingml.document.main+xml", document + _blanks(room))
    return _package(main, {})


def _xlsx(name: str, seed: int, room: int) -> bytes:
    rows = "".join(
        f'<row r="{at}"><c r="A{at}" t="inlineStr"><is><t>{escape(line)}</t></is></c></row>'
        for at, line in enumerate(_quiz(name, seed), start=1)
    )
    sheet = f'<worksheet xmlns="{_S}"><sheetData>{rows}</sheetData></worksheet>' + _blanks(room)
    sheets = '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
    book = f'<workbook xmlns="{_S}" xmlns:r="{_RELATION[:-1]}">{sheets}</workbook>'
    kind = _OFFICE + "spreadsheetml.worksheet+xml"
    relations = _relations("worksheet", "worksheets/sheet1.xml")
    return _package(
        ("xl/workbook.xml", _OFFICE + "spreadsheetml.sheet.main+xml", book),
        {"xl/worksheets/sheet1.xml": (kind, sheet), "xl/_rels/workbook.xml.rels": (None, relations)},
    )


def _relations(kind: str, target: str) -> str:
    relation = f'<Relationship Id="rId1" Type="{_RELATION}{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}relationships">{relation}</Relationships>'


def _package(main: tuple[str, str, str], others: dict[str, tuple[str | None, str]]) -> bytes:
    """An OPC package, stored without compression so that padding is byte for byte."""
    path, kind, body = main
    typed = {path: kind} | {other: its for other, (its, _) in others.items() if its}
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{its}"/>' for part, its in typed.items())
    default = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}content-types">{default}{overrides}</Types>',
        "_rels/.rels": _relations("officeDocument", path),
        path: body,
    } | {other: text for other, (_, text) in others.items()}
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as archive:
        for part, text in parts.items():
            declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            archive.writestr(zipfile.ZipInfo(part, _ZIP_DAY), declaration + text)
    return kept.getvalue()


_BUILDERS: dict[str, Callable[[str, int, int], bytes]] = {
    "jpeg": _jpeg,
    "png": _png,
    "pdf": _pdf,
    "mp4": _mp4,
    "mp3": _mp3,
    "docx": _docx,
    "xlsx": _xlsx,
    "txt": _txt,
}
