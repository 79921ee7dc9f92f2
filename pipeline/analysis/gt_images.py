"""Images with gt words, read from MMOCR JSON files."""

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
    """A gt word of an image.

    Attributes:
        polygon: (K, 2) float32, pixels of the image.
        text: gt text.
        ignore: Whether the word is don't-care.
        extra: Other fields of the annotation.
    """

    polygon: np.ndarray
    text: str
    ignore: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class GtImage:
    """An image with its gt words.

    Attributes:
        path: Path of the image file.
        words: All words, also don't-care words.
        extra: Other fields of the annotation.
    """

    path: Path
    words: list[GtWord]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def readable(self) -> list[GtWord]:
        """The words that have a text and are not don't-care."""
        return [word for word in self.words if not word.ignore and word.text]

    def load(self) -> np.ndarray:
        """Read the image, (H, W, 3) uint8 BGR."""
        return read_image(self.path)


def read_gt_images(
    paths: Sequence[str | os.PathLike[str]],
    data_root: str | os.PathLike[str] | None = None,
    keep_empty: bool = False,
) -> list[GtImage]:
    """Read the images of MMOCR JSON files. Entries without a polygon (word crops) are skipped.

    Args:
        paths: Paths of the JSON files.
        data_root: Folder to which ``img_path`` is relative. None uses the folder of each JSON file.
        keep_empty: Whether to keep images without words, for counting false detections.

    Raises:
        FileNotFoundError: If a JSON file or all its images are missing.
        ValueError: If a file is not an MMOCR JSON, or no image has words.
    """
    photos = [photo for path in paths for photo in _read_file(Path(path), data_root, keep_empty)]
    if not any(photo.words for photo in photos):
        raise ValueError(
            'no image with word polygons in '
            f'{", ".join(str(path) for path in paths)}. Word crops have no scene.'
        )
    return photos


def read_entries(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read the ``data_list`` of an MMOCR JSON file.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If the file is not an MMOCR JSON.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'no annotation {path}')
    try:
        return json.loads(Path(path).read_text(encoding='utf-8'))['data_list']
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{path} is not an MMOCR JSON with a data_list: {error!r}') from error


def need_images(annotation: Path, root: Path, images: Sequence[Path]) -> None:
    """Check that at least one image of an annotation exists.

    Raises:
        FileNotFoundError: If there are images and none exists.
    """
    if images and not any(image.exists() for image in images):
        raise FileNotFoundError(
            f'none of the {len(images)} images of {annotation} exists: wanted {images[0]}, ... '
            f'Their paths are relative to {root}; set another folder with --data-root (data_root).'
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
