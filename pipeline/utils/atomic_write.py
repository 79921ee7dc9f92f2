"""Atomic writing of files."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file atomically: an interrupt leaves either the old or the new content.

    Several processes may write the same file at once; the last one to finish decides its content.
    The temporary file has a name of its own, is in the same folder, and is removed if writing
    fails, for example on a full disk.

    Args:
        path: Path of the file. Its folder is created.
        content: Text, which is written as UTF-8, or bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'.{uuid.uuid4().hex}.part')
    try:
        part.write_bytes(content.encode('utf-8') if isinstance(content, str) else content)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
