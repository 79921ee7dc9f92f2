"""Writer of submissions: a flat zip with one text file per image."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.utils.atomic_write import write_whole

# Zip entries contain a time. With a fixed time, equal predictions give equal files.
_TIME = (2015, 1, 1, 0, 0, 0)


def write_submission(path: Path, images: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Write ``res_img_N.txt`` for every image, or ``res_NAME.txt`` if its name is not a number.

    The same predictions give the same bytes. The write is atomic, also between processes.

    Args:
        path: Path of the zip. Its folder is created.
        images: Name or number of each image, and its lines. An image without words gets an empty
            file.

    Raises:
        ValueError: If two images have the same name, or an image has none.
    """
    repeated = [name for name, count in Counter(name for name, _ in images).items() if count > 1]
    if repeated:
        raise ValueError(
            f'{path}: wanted different image names, got {repeated[0]!r} more than once. A '
            'submission identifies images by the number or the name of their file.'
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w') as archive:
        for name, lines in images:
            if not name:
                raise ValueError(f'{path}: wanted img_path in every data sample, got none.')
            entry = zipfile.ZipInfo(f'res_{"img_" if name.isdigit() else ""}{name}.txt', _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, ''.join(line + '\n' for line in lines))
    write_whole(path, content.getvalue())
