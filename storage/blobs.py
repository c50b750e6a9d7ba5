"""Files by the SHA-256 of their content, in a local folder or an S3-compatible store."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
import obstore.exceptions
from obstore.store import LocalStore, S3Store

# What a store that cannot be reached or refuses us raises, besides OSError for a local folder.
BlobError = obstore.exceptions.BaseError

_NAME = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """Keeps bytes for ever under their hash; the same bytes are kept once.

    `url`: file:///folder or s3://bucket/prefix (credentials come from the usual AWS_… variables).
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder: Path | None = None
        self._store: LocalStore | S3Store
        if parts.scheme == "file":
            self._folder = Path(url2pathname(parts.path))
            self._folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(self._folder)
        elif parts.scheme == "s3":
            self._store = S3Store(parts.netloc, prefix=parts.path.strip("/") or None)
        else:
            raise ValueError(f"files_url must begin with file:// or s3://, not {parts.scheme or 'nothing'}")

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256 in hex; on disk before this returns."""
        sha256 = hashlib.sha256(content).hexdigest()
        # A power cut may have left the name without the whole content.
        if self._size(sha256) != len(content):
            obstore.put(self._store, _place(sha256), content)
        self._sync(sha256)
        return sha256

    def has(self, sha256: str) -> bool:
        """Whether there is a file of that hash; ValueError for what is none."""
        return self._size(sha256) is not None

    def get(self, sha256: str) -> bytes:
        """Raises FileNotFoundError; ValueError for what is no hash."""
        return bytes(obstore.get(self._store, _place(sha256)).bytes())

    def _size(self, sha256: str) -> int | None:
        try:
            return obstore.head(self._store, _place(sha256))["size"]
        except FileNotFoundError:
            return None

    def _sync(self, sha256: str) -> None:
        # The local store writes and renames but leaves the flushing to us, and another process
        # may have written this file a moment ago. Windows flushes no folders.
        if self._folder is None or os.name == "nt":
            return
        path = self._folder / _place(sha256)
        for place in (path, path.parent, self._folder):
            handle = os.open(place, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _place(sha256: str) -> str:
    if not _NAME.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not the SHA-256 of a file")
    return f"{sha256[:2]}/{sha256}"
