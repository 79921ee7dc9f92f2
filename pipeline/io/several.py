"""Several images as arguments of a method."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from pipeline.io.decode import read_image
from pipeline.io.errors import ImageReadError


def is_single(images: Any) -> bool:
    """Whether this is one image instead of several."""
    if isinstance(images, np.ndarray):
        return images.ndim < 4
    return (
        isinstance(images, (str, bytes, bytearray, memoryview, os.PathLike))
        or hasattr(images, 'read')  # an open file
        or hasattr(images, 'getexif')  # a PIL image
    )


def check_several(images: Any, method: str) -> None:
    """Refuse a single image.

    Raises:
        ValueError: If this is one image; the message names the method.
    """
    if is_single(images):
        raise ValueError(f'{method} requires several images, got one: pass a list, [image].')


def to_arrays(images: Iterable[Any], method: str) -> list[np.ndarray]:
    """Decode images. (H, W, 3) uint8 arrays are not copied.

    Raises:
        ValueError: If this is one image; the message names the method.
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


def split_batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of ``size`` items, the last one shorter. Items are taken when a list is requested."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _is_bgr(image: Any) -> bool:
    """Whether an image is a (H, W, 3) uint8 array with pixels."""
    is_array = isinstance(image, np.ndarray) and image.dtype == np.uint8
    return is_array and image.shape[2:] == (3,) and image.size > 0
