"""What a file is, by its content and never by its name."""

from __future__ import annotations

import io
import re
import zipfile

import puremagic

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
# puremagic's names for what people send, in the words of the packs (`limits.formats`).
_FORMATS = {
    ".jpg": "jpeg", ".jpeg": "jpeg", ".jfif": "jpeg", ".png": "png", ".gif": "gif", ".webp": "webp",
    ".heic": "heic", ".heif": "heic", ".bmp": "bmp", ".tif": "tiff", ".tiff": "tiff", ".svg": "svg",
    ".pdf": "pdf", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".avi": "avi", ".webm": "webm",
    ".mkv": "mkv", ".wmv": "wmv", ".mp3": "mp3", ".amr": "amr", ".m4a": "m4a", ".wav": "wav",
    ".doc": "doc", ".xls": "xls", ".ppt": "ppt", ".rar": "rar", ".7z": "7z",
}  # fmt: skip
_OFFICE = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_BRANDS = {
    b"qt  ": "mov", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"hevc": "heic", b"M4A ": "m4a",
    b"isom": "mp4", b"iso2": "mp4", b"iso4": "mp4", b"iso5": "mp4", b"iso6": "mp4", b"mp41": "mp4",
    b"mp42": "mp4", b"avc1": "mp4", b"M4V ": "mp4", b"MSNV": "mp4", b"dash": "mp4", b"3gp4": "3gp",
    b"3gp5": "3gp",
}  # fmt: skip


def format_of(content: bytes) -> str:
    """The format in the packs' words ("jpeg", "docx", …), "empty", "txt", or "unknown"."""
    if not content:
        return "empty"
    if content[:4] == b"PK\x03\x04":
        return _zip_format(content)
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "mp4")
    if content[:2] == b"\xff\xfb" or content[:2] in (b"\xff\xf3", b"\xff\xf2") or content[:3] == b"ID3":
        return "mp3"
    try:
        extension = puremagic.from_string(content)
    except puremagic.PureError:
        return "txt" if _is_text(content) else "unknown"
    known = _FORMATS.get(extension.lower())
    if known is not None:
        return known
    return "txt" if _is_text(content) else "unknown"


def _zip_format(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return "unknown"
    if "[Content_Types].xml" not in names:
        return "zip"
    found = (format_ for prefix, format_ in _OFFICE.items() if any(name.startswith(prefix) for name in names))
    return next(found, "zip")


def _is_text(content: bytes) -> bool:
    """Text in an encoding that Chinese offices use, without control characters."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return _CONTROLS.search(content.decode(encoding)) is None
        except UnicodeDecodeError:
            continue
    return False
