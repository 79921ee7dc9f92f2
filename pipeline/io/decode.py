"""Decoding of files, bytes and arrays to upright images (H, W, 3) uint8 BGR."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from functools import partial
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from pipeline.io.color import array_to_bgr, pillow_to_bgr
from pipeline.io.errors import MAX_PIXELS, ImageReadError, ImageReadWarning, check_pixels
from pipeline.io.frames import select_frame, tiff_pages
from pipeline.io.heif import add_reader
from pipeline.io.pillow_limit import no_pillow_limit
from pipeline.io.salvage import decode_partly, load_partly
from pipeline.io.urls import is_url, public_url


def read_image(
    source: str | os.PathLike[str] | bytes | BinaryIO | Image.Image | np.ndarray,
    max_pixels: int = MAX_PIXELS,
    strict: bool = False,
) -> np.ndarray:
    """Read an image, with EXIF orientation applied and transparent parts filled.

    Transparent parts are filled with white, black or gray, whichever contrasts with the visible
    pixels. White letters on a transparent image therefore stay visible.

    Args:
        source: A path, a URL (see :func:`fetch_url`), an encoded file as bytes (JPEG, PNG, WebP,
            TIFF, BMP and all other formats of Pillow; HEIC if pillow-heif is installed; AVIF if
            Pillow supports it), a file opened in binary mode, which is read from its position and
            stays open, a Pillow image (its current frame), or an array: (H, W) gray, (H, W, 3)
            BGR, (H, W, 4) BGRA; uint8, uint16 or bool. The first page of a TIFF and the first
            frame of an animation that is not blank are read, with an ``ImageReadWarning`` if there
            are more.
        max_pixels: Maximum number of pixels. Larger images are refused before decoding.
        strict: Whether damaged files are refused. By default the readable part of a truncated or
            damaged file is decoded with an ``ImageReadWarning``. The rest is black or gray.

    Returns:
        A new (H, W, 3) uint8 BGR array. 16-bit values are scaled to 8 bits. CMYK, palette, gray
        and 1-bit images are converted.

    Raises:
        ImageReadError: If the file is missing, empty, too large or not an image, or if no part of
            it can be decoded. The message is one line.
    """
    if isinstance(source, np.ndarray):
        return _read_array(source, max_pixels)
    if isinstance(source, Image.Image):
        return _read_pillow(source, max_pixels, 'image', strict)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return decode_image(bytes(source), 'image bytes', max_pixels, strict)
    if isinstance(source, str) and is_url(source):
        from pipeline.io.download import fetch_url  # slow to import

        return decode_image(fetch_url(source), public_url(source), max_pixels, strict)
    if isinstance(source, (str, os.PathLike)):
        return decode_image(read_file(source), os.fspath(source), max_pixels, strict)
    if hasattr(source, 'read'):
        return _read_open_file(source, max_pixels, strict)
    hint = ', which cv2.imread returns for a file that it cannot read' if source is None else ''
    raise ImageReadError(
        f'an image must be a path, a URL, bytes, an open file, a Pillow image or an array, '
        f'got {type(source).__name__}{hint}'
    )


def _read_open_file(file: BinaryIO, max_pixels: int, strict: bool) -> np.ndarray:
    name = str(getattr(file, 'name', 'open file'))
    try:
        data = file.read()
    except (OSError, ValueError) as error:  # ValueError: the file is closed, or has text
        raise ImageReadError(f'{name}: cannot be read as a binary file ({error})') from error
    if not isinstance(data, bytes):
        raise ImageReadError(f'{name}: is open in text mode; open it in binary mode')
    if not data:
        raise ImageReadError(f'{name}: the file is empty, or was read to its end')
    return decode_image(data, name, max_pixels, strict)


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
        raise ImageReadError(f'{name}: no such file or folder') from None
    except IsADirectoryError:
        raise ImageReadError(f'{name}: is a folder, not an image') from None
    except (OSError, ValueError) as error:
        raise ImageReadError(f'{name}: {getattr(error, "strerror", None) or error}') from error


def decode_image(
    data: bytes,
    label: str,
    max_pixels: int = MAX_PIXELS,
    strict: bool = False,
    frame: int | None = None,
) -> np.ndarray:
    """Decode the bytes of a file, as :func:`read_image`.

    Args:
        data: Bytes of the file.
        label: Name of the image in error messages.
        max_pixels: Maximum number of pixels.
        strict: Whether damaged files are refused.
        frame: Index of the frame, as :func:`list_pages` returns it for a TIFF. By default the
            first page, or the first frame of an animation that is not blank.
    """
    if not data:
        raise ImageReadError(f'{label}: the file is empty')
    if data.startswith(b'%PDF-'):
        raise ImageReadError(f'{label}: is a PDF, not an image; iter_inputs() reads its pages')
    missing_reader = add_reader(data)
    prepare = partial(_prepare, frame=frame, max_pixels=max_pixels, label=label)
    with no_pillow_limit:
        try:
            image: Image.Image = Image.open(io.BytesIO(data))
            prepare(image)
            image.load()
        except ImageReadError:
            raise
        except Exception as error:  # Pillow's parsers raise many kinds of errors.
            partly = None if strict else decode_partly(data, prepare)
            if partly is None and missing_reader is not None:
                raise ImageReadError(f'{label}: {missing_reader}') from error
            if partly is None:
                raise _unreadable(label, error) from error
            _warn_damaged(label, error)
            image = partly
        else:
            if frame is None:
                _select_frame(image, label, strict)
        return _to_bgr(image, label)


def _prepare(image: Image.Image, frame: int | None, max_pixels: int, label: str) -> None:
    """Seek the page of a TIFF, and check the size of the image."""
    if frame is None and image.format == 'TIFF':
        pages, _ = tiff_pages(image)
        frame = pages[0].frame if pages else 0
        if len(pages) > 1:
            message = f'{label}: only the first of {len(pages)} pages is read'
            warnings.warn(ImageReadWarning(message), stacklevel=4)
    if frame is not None:
        image.seek(frame)
    _check_size(image, max_pixels, label)


def _select_frame(image: Image.Image, label: str, strict: bool) -> None:
    """Seek the frame of an animation. A damaged animation gives its first frame."""
    try:
        index, frames = select_frame(image)
    except Exception as error:  # As above.
        if strict:
            raise _unreadable(label, error) from error
        _warn_damaged(label, error)
        image.seek(0)
        return
    if frames > 1:
        skipped = ' (the frames before it are blank)' if index else ''
        message = f'{label}: only frame {index + 1} of {frames} is read{skipped}'
        warnings.warn(ImageReadWarning(message), stacklevel=4)


def _read_pillow(image: Image.Image, max_pixels: int, label: str, strict: bool) -> np.ndarray:
    _check_size(image, max_pixels, label)
    with no_pillow_limit:
        try:
            image.load()
        except Exception as error:  # As above.
            if strict or not load_partly(image):
                raise _unreadable(label, error) from error
            _warn_damaged(label, error)
        return _to_bgr(image, label)


def _check_size(image: Image.Image, max_pixels: int, label: str) -> None:
    check_pixels(image.width, image.height, max_pixels, label)
    if 0 in image.size:
        raise ImageReadError(f'{label}: the image has no pixels')


def _unreadable(label: str, error: Exception) -> ImageReadError:
    if isinstance(error, UnidentifiedImageError):
        return ImageReadError(f'{label}: not an image that can be read')
    return ImageReadError(f'{label}: damaged image ({error})')


def _warn_damaged(label: str, error: Exception) -> None:
    reason = 'invalid header' if isinstance(error, UnidentifiedImageError) else error
    message = f'{label}: damaged image, only the readable part is used ({reason})'
    warnings.warn(ImageReadWarning(message), stacklevel=3)


def _to_bgr(image: Image.Image, label: str) -> np.ndarray:
    with contextlib.suppress(Exception):  # A broken EXIF block is ignored.
        if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:  # exif_transpose always copies
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
