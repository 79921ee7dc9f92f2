"""Reading of images in the pixel coordinates of their annotation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.clipter.cache.context_cache import photo_key
from pipeline.datasets.native_size import NativeSize


class Scene(NamedTuple):
    """The image that a word crop was cut from.

    Attributes:
        path: Path of the image.
        native_size: (height, width) that the image was resized to, or None.
        key: ``photo_key`` of the image.
    """

    path: str
    native_size: tuple[int, int] | None
    key: str


@dataclass(frozen=True, eq=False)
class ScenePhoto:
    """A decoded image with its key and scale.

    Args:
        image: (H, W, 3) uint8 BGR.
        key: ``photo_key`` of the image; all samples of one image share it.
        scale: (2,) float32, (x, y): pixels of ``image`` per stored pixel.
    """

    image: np.ndarray
    key: str
    scale: np.ndarray


def read_photo(path: str, native_size: NativeSize | None = None) -> ScenePhoto:
    """Read an image. The EXIF orientation is ignored, because polygons are in stored pixels.

    Args:
        path: Path of the image.
        native_size: Size to resize to, for sets that are stored stretched. None keeps the stored
            size.

    Raises:
        ValueError: If the file cannot be read or decoded. The message contains the path.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f'cannot read the image {path}: {error.strerror}') from error
    image = decode_photo(data, path)
    size = None if native_size is None else native_size.size
    scale = None if native_size is None else native_size.scale(image.shape[:2], path)
    if scale is not None and size is not None:
        image = cv2.resize(image, (size[1], size[0]))
    factors = np.array((1.0, 1.0) if scale is None else scale, dtype=np.float32)
    return ScenePhoto(image, photo_key(data, size), factors)


def decode_photo(data: bytes, path: str) -> np.ndarray:
    """Decode the content of an image file to (H, W, 3) uint8 BGR.

    Raises:
        ValueError: If OpenCV cannot decode it. The message contains ``path``.
    """
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if image is None:
        raise ValueError(f'cannot decode the image {path}')
    return image
