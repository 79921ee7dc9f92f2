"""Submissions as competitions take them: a flat zip with a text file a photo."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

# Zip entries carry a time; a fixed one makes equal predictions equal files.
_TIME = (2015, 1, 1, 0, 0, 0)


def write_submission(path: Path, photos: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Write ``res_img_N.txt`` for every photo (``res_NAME.txt`` where a name is no number).

    The same predictions give the same bytes. The file is there in full or not at all.

    Args:
        path: The zip; its folder is made.
        photos: Name or number of each photo, and its lines. A photo without words gets an empty
            file.

    Raises:
        ValueError: If two photos share a name, or one has none.
    """
    repeated = [name for name, count in Counter(name for name, _ in photos).items() if count > 1]
    if repeated:
        raise ValueError(
            f'{path}: wanted one name a photo, got {repeated[0]!r} more than once. Photos of a '
            'submission are told apart by the number or the name of their file.'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + '.part')
    with zipfile.ZipFile(part, 'w') as archive:
        for name, lines in photos:
            if not name:
                raise ValueError(f'{path}: wanted img_path in every data sample, got none.')
            entry = zipfile.ZipInfo(f'res_{"img_" if name.isdigit() else ""}{name}.txt', _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, ''.join(line + '\n' for line in lines))
    os.replace(part, path)
