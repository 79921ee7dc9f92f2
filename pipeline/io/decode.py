"""Decoding of files, bytes and arrays to upright images (H, W, 3) uint8 BGR."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.io.color import array_to_bgr, pillow_to_bgr
from pipeline.io.download import fetch_url, is_url
from pipeline.io.errors import MAX_PIXELS, ImageReadError, check_pixels


def read_image(
    source: str | os.PathLike[str] | bytes | BinaryIO | Image.Image | np.ndarray,
    max_pixels: int = MAX_PIXELS,
) -> np.ndarray:
    """Read an image, with EXIF orientation applied and alpha over white.

    Args:
        source: A path, an http(s) URL, an encoded file as bytes (JPEG, PNG, WebP, TIFF, BMP and
            all other formats of Pillow; the first frame or page), a file opened in binary mode,
            which is read from its position and stays open, a Pillow image, or an array:
            (H, W) gray, (H, W, 3) BGR, (H, W, 4) BGRA; uint8, uint16 or bool.
        max_pixels: Maximum number of pixels. Larger images are refused before decoding.

    Returns:
        A new (H, W, 3) uint8 BGR array. 16-bit values are scaled to 8 bits. CMYK, palette, gray
        and 1-bit images are converted.

    Raises:
        ImageReadError: If the file is missing, empty, damaged, too large or not an image. The
            message is one line.
    """
    if isinstance(source, np.ndarray):
        return _read_array(source, max_pixels)
    if isinstance(source, Image.Image):
        return _read_pillow(source, max_pixels, 'image')
    if isinstance(source, (bytes, bytearray, memoryview)):
        return decode_image(bytes(source), 'image bytes', max_pixels)
    if isinstance(source, str) and is_url(source):
        return decode_image(fetch_url(source), source, max_pixels)
    if isinstance(source, (str, os.PathLike)):
        return decode_image(read_file(source), os.fspath(source), max_pixels)
    if hasattr(source, 'read'):
        return _read_open_file(source, max_pixels)
    hint = ', which cv2.imread returns for a file that it cannot read' if source is None else ''
    raise ImageReadError(
        f'an image must be a path, a URL, bytes, an open file, a Pillow image or an array, '
        f'got {type(source).__name__}{hint}'
    )


def _read_open_file(file: BinaryIO, max_pixels: int) -> np.ndarray:
    name = str(getattr(file, 'name', 'open file'))
    try:
        data = file.read()
    except (OSError, ValueError) as error:  # ValueError: the file is closed, or has text
        raise ImageReadError(f'{name}: cannot be read as a binary file ({error})') from error
    if not isinstance(data, bytes):
        raise ImageReadError(f'{name}: is open in text mode; open it in binary mode')
    if not data:
        raise ImageReadError(f'{name}: the file is empty, or was read to its end')
    return decode_image(data, name, max_pixels)


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Read the bytes of a file.

    Raises:
        ImageReadError: If the path is missing, is a folder, or cannot be opened.
    """
    name = os.fspath(path)
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        raise ImageReadError(f'{name}: no such file') from None
    except IsADirectoryError:
        raise ImageReadError(f'{name}: is a folder, not an image') from None
    except (OSError, ValueError) as error:
        raise ImageReadError(f'{name}: {getattr(error, "strerror", None) or error}') from error


def decode_image(data: bytes, label: str, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode the bytes of a file, as :func:`read_image`.

    Args:
        data: Bytes of the file.
        label: Name of the image in error messages.
        max_pixels: Maximum number of pixels.
    """
    if not data:
        raise ImageReadError(f'{label}: the file is empty')
    if data.startswith(b'%PDF-'):
        raise ImageReadError(f'{label}: is a PDF, not an image; iter_inputs() reads its pages')
    with _no_pillow_limit:
        try:
            image = Image.open(io.BytesIO(data))
        except UnidentifiedImageError:
            raise ImageReadError(f'{label}: not an image that can be read') from None
        except Exception as error:  # Pillow's parsers raise many kinds of errors.
            raise ImageReadError(f'{label}: damaged image ({error})') from error
        with image:
            return _read_pillow(image, max_pixels, label)


def _read_pillow(image: Image.Image, max_pixels: int, label: str) -> np.ndarray:
    check_pixels(image.width, image.height, max_pixels, label)
    if 0 in image.size:
        raise ImageReadError(f'{label}: the image has no pixels')
    with _no_pillow_limit:
        try:
            image.load()
        except Exception as error:  # As above.
            raise ImageReadError(f'{label}: damaged image ({error})') from error
        with contextlib.suppress(Exception):  # A broken EXIF block is ignored.
            image = ImageOps.exif_transpose(image)
        try:
            return pillow_to_bgr(image)
        except (ValueError, OSError) as error:
            raise ImageReadError(f'{label}: unsupported mode {image.mode} ({error})') from error


def _read_array(array: np.ndarray, max_pixels: int) -> np.ndarray:
    try:
        if array.ndim >= 2:
            check_pixels(array.shape[1], array.shape[0], max_pixels, 'image array')
        return array_to_bgr(array)
    except ImageReadError:
        raise
    except ValueError as error:
        raise ImageReadError(str(error)) from error


class _PillowLimit:
    """Context manager that disables Pillow's process-wide pixel limit; ``max_pixels`` replaces it.

    The limit is disabled while any thread is in the context. The last thread restores it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: int | None = None

    def __enter__(self) -> None:
        module: Any = Image
        with self._lock:
            if not self._users:
                self._before, module.MAX_IMAGE_PIXELS = module.MAX_IMAGE_PIXELS, None
            self._users += 1

    def __exit__(self, *_: object) -> None:
        module: Any = Image
        with self._lock:
            self._users -= 1
            if not self._users:
                module.MAX_IMAGE_PIXELS = self._before


_no_pillow_limit = _PillowLimit()
