"""Photos with their gt words, as MMOCR JSON holds them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io import read_image


@dataclass(frozen=True, eq=False)
class GtWord:
    """A word of a photo.

    Attributes:
        polygon: (K, 2) float32, pixels of the photo.
        text: What is written.
        ignore: Whether it counts for detection alone.
        extra: Whatever else the annotation says of it.
    """

    polygon: np.ndarray
    text: str
    ignore: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class GtImage:
    """A photo with its words.

    Attributes:
        path: The image file.
        words: All of them, ignored ones too.
        extra: Whatever else the annotation says of it.
    """

    path: Path
    words: list[GtWord]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def readable(self) -> list[GtWord]:
        """The words that are to be read."""
        return [word for word in self.words if not word.ignore and word.text]

    def load(self) -> np.ndarray:
        """The photo, (H, W, 3) uint8 BGR."""
        return read_image(self.path)


def read_gt_images(
    paths: Sequence[str | os.PathLike[str]],
    data_root: str | os.PathLike[str] | None = None,
    keep_empty: bool = False,
) -> list[GtImage]:
    """Read MMOCR JSON files; photos without a polygon (word crops) have no scene and are left out.

    Args:
        paths: The JSON files.
        data_root: Where their ``img_path`` begin; each file's own folder by default.
        keep_empty: Whether photos without any word stay: there is nothing to read in them, but
            something may be found.

    Raises:
        FileNotFoundError: If a file is missing, or all of its photos.
        ValueError: If a file is no such JSON, or no photo with words is left.
    """
    photos = [photo for path in paths for photo in _read_file(Path(path), data_root, keep_empty)]
    if not any(photo.words for photo in photos):
        raise ValueError(
            'no photo with word polygons in '
            f'{", ".join(str(path) for path in paths)}. Word crops alone have no scene.'
        )
    return photos


def read_entries(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The ``data_list`` of an MMOCR JSON file.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it is no such JSON.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'no annotation {path}')
    try:
        return json.loads(Path(path).read_text(encoding='utf-8'))['data_list']
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{path} is no MMOCR JSON with a data_list: {error!r}') from error


def need_images(annotation: Path, root: Path, images: Sequence[Path]) -> None:
    """Refuse a file whose images all lie elsewhere; a single one missing is told when it is read.

    Raises:
        FileNotFoundError: If there are images, and none of them exists.
    """
    if images and not any(image.exists() for image in images):
        raise FileNotFoundError(
            f'none of the {len(images)} images of {annotation} is there: wanted {images[0]}, ... '
            f'They were looked for from {root} on; --data-root (data_root) says where they begin.'
        )


def _read_file(
    path: Path, data_root: str | os.PathLike[str] | None, keep_empty: bool
) -> list[GtImage]:
    root = path.parent if data_root is None else Path(data_root)
    photos = []
    for entry in read_entries(path):
        instances = entry.get('instances', [])
        words = [_word(instance) for instance in instances if 'polygon' in instance]
        if words or (keep_empty and not instances):
            extra = {k: v for k, v in entry.items() if k not in ('img_path', 'instances')}
            photos.append(GtImage(root / entry['img_path'], words, extra))
    need_images(path, root, [photo.path for photo in photos])
    return photos


def _word(instance: dict[str, Any]) -> GtWord:
    extra = {k: v for k, v in instance.items() if k not in ('polygon', 'text', 'ignore')}
    polygon = np.asarray(instance['polygon'], dtype=np.float32).reshape(-1, 2)
    text = instance.get('text', '')
    return GtWord(polygon, text, bool(instance.get('ignore', False)), extra)
