"""A photo out of its file, as the annotation of its words sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.clipter.cache.context_cache import photo_key


@dataclass(frozen=True, eq=False)
class ScenePhoto:
    """A decoded photo and what its file says of it.

    Args:
        image: (H, W, 3) uint8 BGR.
        key: Its ``photo_key``: two samples of one photo share it.
        scale: (2,) float32, (x, y): pixels of ``image`` per pixel of the stored photo.
    """

    image: np.ndarray
    key: str
    scale: np.ndarray


def read_photo(path: str, native_size: tuple[int, int] | None = None) -> ScenePhoto:
    """Read a photo; EXIF does not turn it, since polygons are in stored pixels.

    Args:
        path: The file.
        native_size: (height, width) of sets that are stored stretched. None keeps the stored
            size.

    Raises:
        ValueError: If there is no such file, or none that OpenCV can decode; names it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f'wanted an image, could not read {path}: {error.strerror}') from error
    image = decode_photo(data, path)
    height, width = image.shape[:2]
    scale = np.ones(2, dtype=np.float32)
    if native_size is not None:
        image = cv2.resize(image, (native_size[1], native_size[0]))
        scale = np.array([native_size[1] / width, native_size[0] / height], dtype=np.float32)
    return ScenePhoto(image, photo_key(data, native_size), scale)


def decode_photo(data: bytes, path: str) -> np.ndarray:
    """The picture in the bytes of a file, (H, W, 3) uint8 BGR.

    Raises:
        ValueError: If OpenCV cannot decode it; names ``path``.
    """
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if image is None:
        raise ValueError(f'wanted an image, could not decode {path}')
    return image
