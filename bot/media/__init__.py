"""Facts about files: bytes in, facts out."""
