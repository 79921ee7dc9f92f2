"""Files of a request: their pages, checks before the queue, and decoding after it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from pipeline.io import ImageReadError, ImageTooLargeError
from pipeline.io.errors import PasswordError, TooManyPagesError, check_pixels
from pipeline.io.heif import add_reader
from pipeline.io.pages import FilePage, list_file_pages
from pipeline.io.pillow_limit import no_pillow_limit
from pipeline.serve.errors import RequestError
from pipeline.serve.settings import ServerSettings


def list_images(
    data: bytes, name: str, password: str | None, settings: ServerSettings
) -> tuple[list[FilePage], str | None]:
    """Find the images of a file and check their sizes, so that wrong files do not wait.

    Args:
        data: Bytes of the file.
        name: Name of the file.
        password: Password of a PDF.
        settings: Bounds.

    Returns:
        The images, and a sentence if pages of a damaged TIFF are missing.

    Raises:
        RequestError: 413 if there are too many pages or pixels, 415 if the file is not an image,
            422 if a PDF requires another password.
    """
    try:
        pages, damage = list_file_pages(data, data[:16], name, password, settings.max_pages)
        pages = [_with_size(page, data, settings.max_pixels) for page in pages]
        for page in pages:
            check_pixels(*(page.size or (0, 0)), settings.max_pixels, page.label)
    except ImageReadError as error:
        raise _refusal(error) from error
    return pages, damage


def check_total(pages: Sequence[FilePage], max_pixels: int) -> None:
    """Check the number of pixels of all images of a request.

    Raises:
        RequestError: 413 if there are too many.
    """
    total = sum(count_pixels(page) for page in pages)
    if total > max_pixels:
        raise RequestError(
            413,
            f'wanted at most {max_pixels / 1e6:g} million pixels in one request, got '
            f'{total / 1e6:.1f} million in {len(pages)} images; send several requests.',
        )


def count_pixels(page: FilePage) -> int:
    """Number of pixels of an image of :func:`list_images`."""
    width, height = page.size or (0, 0)
    return width * height


def decode(page: FilePage, max_pixels: int) -> tuple[np.ndarray, str | None]:
    """Decode an image.

    Returns:
        (H, W, 3) uint8 BGR, and a sentence if only a part of a damaged image is readable.

    Raises:
        RequestError: 415 if it is not an image, 413 if it has too many pixels.
    """
    try:
        try:
            return page.load(max_pixels, strict=True), None
        except ImageTooLargeError:
            raise
        except ImageReadError as error:
            return page.load(max_pixels), f'{error}; only the readable part is used'
    except ImageReadError as error:
        raise _refusal(error) from error


def _with_size(page: FilePage, data: bytes, max_pixels: int) -> FilePage:
    """The image with its size, from the header of the file if possible."""
    if page.size is not None:
        return page
    if not data:
        raise ImageReadError(f'{page.label}: the file is empty')
    add_reader(data)
    try:
        with no_pillow_limit, Image.open(io.BytesIO(data)) as image:
            return replace(page, size=image.size)
    except Exception:  # Pillow's parsers raise many kinds of errors.
        height, width = page.load(max_pixels).shape[:2]  # A part of it may be readable.
        return replace(page, size=(width, height))


def _refusal(error: ImageReadError) -> RequestError:
    message = str(error).rstrip('.')
    if isinstance(error, ImageTooLargeError):
        message = message.replace(' (max_pixels)', '')
        return RequestError(413, f'{message}; make the image smaller.')
    if isinstance(error, TooManyPagesError):
        return RequestError(413, f'{message}; send its pages in several files.')
    if isinstance(error, PasswordError):
        message = message.replace(' (--password)', '')
        return RequestError(422, f'{message}; send the form field password.')
    return RequestError(415, f'{message}; send a JPEG, PNG, WebP, TIFF, BMP, GIF or PDF file.')
