"""Writes small data sets in the layouts that their owners publish."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PIL import Image

SIZE = (64, 48)  # (width, height) of images


def write_photos(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new('RGB', SIZE, (200, 180, 160)).save(folder / name)
    return folder


def write_texts(folder: Path, **contents: str) -> Path:
    """Files ``<key>.txt``; text is written as it is, byte order marks and carriage returns too."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, content in contents.items():
        (folder / f'{stem}.txt').write_bytes(content.encode('utf-8'))
    return folder


def pack(folder: Path, archive: Path) -> Path:
    """Zip what is in a folder."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, 'w') as packed:
        for path in sorted(folder.rglob('*')):
            if path.is_file():
                packed.write(path, path.relative_to(folder))
    return archive


def icdar(root: Path, **truths: str) -> Path:
    """``images`` and ``gt`` of one split, an image for each ground truth."""
    write_photos(root / 'images', *(f'{name}.jpg' for name in truths))
    write_texts(root / 'gt', **{f'gt_{name}': truth for name, truth in truths.items()})
    return root


def words_of(sample: dict) -> list[tuple[str, bool]]:
    return [(word['text'], word['ignore']) for word in sample['instances']]


def ring_of(sample: dict, index: int = 0) -> list[float]:
    return sample['instances'][index]['polygon']
