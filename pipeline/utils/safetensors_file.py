"""Recognition of safetensors files by their bytes."""

from __future__ import annotations

import os


def is_safetensors(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as safetensors: the size of the header, and a header in JSON.

    The suffix of the file does not matter.
    """
    with open(path, 'rb') as file:
        start = file.read(9)
        size = os.fstat(file.fileno()).st_size
    return start[8:] == b'{' and 8 + int.from_bytes(start[:8], 'little') <= size
