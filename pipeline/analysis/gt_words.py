"""Words for the recognizer report: words of images, and word crops."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.analysis.gt_images import GtImage, need_images, read_entries, read_gt_images
from pipeline.io import read_image


@dataclass(frozen=True)
class GtCrop:
    """A word crop with its gt text.

    Attributes:
        path: Path of the image file.
        text: gt text.
    """

    path: Path
    text: str

    def load(self) -> np.ndarray:
        """Read the crop, (H, W, 3) uint8 BGR."""
        return read_image(self.path)


def read_gt_words(
    paths: Sequence[str | os.PathLike[str]], data_root: str | os.PathLike[str] | None = None
) -> tuple[list[GtImage], list[GtCrop]]:
    """Read MMOCR JSON files of images (``textspotting.json``) and word crops (``textrecog.json``).

    Args:
        paths: Paths of the JSON files, of either kind.
        data_root: Folder to which ``img_path`` is relative. None uses the folder of each JSON file.

    Returns:
        Images with word polygons, and word crops that have a text and are not ignored. An entry
        without a polygon is a word crop.

    Raises:
        FileNotFoundError: If a JSON file or all its images are missing.
        ValueError: If a file is not an MMOCR JSON, or no word has a text.
    """
    in_photos: list[str | os.PathLike[str]] = []
    crops: list[GtCrop] = []
    for path in paths:
        root = Path(path).parent if data_root is None else Path(data_root)
        in_file: list[GtCrop] = []
        for entry in read_entries(path):
            instances = entry.get('instances', [])
            if any('polygon' in instance for instance in instances):
                in_photos += [] if path in in_photos else [path]
                continue
            in_file += [
                GtCrop(root / entry['img_path'], instance['text'])
                for instance in instances[:1]
                if instance.get('text') and not instance.get('ignore')
            ]
        need_images(Path(path), root, [crop.path for crop in in_file])
        crops += in_file
    photos = read_gt_images(in_photos, data_root) if in_photos else []
    if not crops and not any(photo.readable for photo in photos):
        raise ValueError(
            f'wanted words with texts in {", ".join(map(str, paths))}, got '
            f'{sum(len(photo.words) for photo in photos)} words that are all ignored or empty.'
        )
    return photos, crops
