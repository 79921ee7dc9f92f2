"""Lists of images that a caller passes: files, bytes, PIL images or arrays."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from pipeline.io.decode import read_image
from pipeline.io.errors import ImageReadError


def is_single(images: Any) -> bool:
    """Whether this is one image, where several are wanted."""
    if isinstance(images, np.ndarray):
        return images.ndim < 4
    return (
        isinstance(images, (str, bytes, bytearray, memoryview, os.PathLike))
        or hasattr(images, 'read')  # an open file
        or hasattr(images, 'getexif')  # a PIL image
    )


def check_several(images: Any, method: str) -> None:
    """Raise a ``ValueError`` that contains the name of the method if this is one image."""
    if is_single(images):
        raise ValueError(f'{method} requires several images, got one: pass a list, [image].')


def decode_images(images: Iterable[Any], method: str) -> list[np.ndarray]:
    """Decode the images. (H, W, 3) uint8 arrays are not copied.

    Args:
        images: Images, each as in :func:`pipeline.io.read_image`.
        method: Name of the caller, for the message.

    Raises:
        ValueError: If ``images`` is a single image.
        ImageReadError: If one of them is not an image. The message contains its index.
    """
    check_several(images, method)
    arrays = []
    for i, image in enumerate(images):
        try:
            arrays.append(image if _is_bgr(image) else read_image(image))
        except ImageReadError as error:
            raise ImageReadError(f'images[{i}]: {error}') from error
    return arrays


def _is_bgr(image: Any) -> bool:
    """Whether an image is a (H, W, 3) uint8 array with pixels."""
    is_array = isinstance(image, np.ndarray) and image.dtype == np.uint8
    return is_array and image.shape[2:] == (3,) and image.size > 0
