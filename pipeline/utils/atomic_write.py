"""Atomic writing of files."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file atomically: an interrupt leaves either the old or the new content.

    Args:
        path: Path of the file. Its folder is created.
        content: Text, which is written as UTF-8, or bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + '.part')
    part.write_bytes(content.encode('utf-8') if isinstance(content, str) else content)
    os.replace(part, path)
