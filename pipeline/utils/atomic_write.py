"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that an interrupt leaves either the old one or the new one.

    Args:
        path: The file; its folder is made.
        content: Text (written as UTF-8) or bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + '.part')
    part.write_bytes(content.encode('utf-8') if isinstance(content, str) else content)
    os.replace(part, path)
