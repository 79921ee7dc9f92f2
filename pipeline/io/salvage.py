"""Decoding of damaged files: the part that can still be decoded."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from pipeline.io.errors import ImageReadError

_PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
_JPEG_START, _JPEG_END = b'\xff\xd8', b'\xff\xd9'


def decode_partly(data: bytes, prepare: Callable[[Image.Image], None]) -> Image.Image | None:
    """Decode the readable part of a damaged file.

    Args:
        data: Bytes of the file.
        prepare: Called with the opened image before pixels are decoded. May seek a frame and
            raise an ``ImageReadError``.

    Returns:
        The loaded image, or None if nothing can be decoded.
    """
    try:
        image = Image.open(io.BytesIO(_repair_file(data)))
        prepare(image)
    except ImageReadError:
        raise
    except Exception:  # Pillow's parsers raise many kinds of errors.
        return None
    return image if load_partly(image) else None


def load_partly(image: Image.Image) -> bool:
    """Decode as many pixels as possible. The other pixels are black, gray or transparent.

    Args:
        image: An opened image. Its pixels are loaded in place.

    Returns:
        Whether any content was decoded. An image of one color counts as not decoded.
    """
    with contextlib.suppress(Exception):  # Pillow's decoders raise many kinds of errors.
        image.load()
    with contextlib.suppress(Exception):
        image.tile = []  # type: ignore[attr-defined]  # The decoded rows stay in the image.
        image.load()
        return not is_one_color(image)
    return False


def is_one_color(image: Image.Image) -> bool:
    """Whether all pixels have the same value."""
    ranges = np.reshape(image.getextrema(), (-1, 2))  # One (low, high) per channel.
    return bool((ranges[:, 0] == ranges[:, 1]).all())


def _repair_file(data: bytes) -> bytes:
    """Add the end marker of a JPEG, or the checksums and the end chunk of a PNG."""
    if data.startswith(_JPEG_START):
        return data + _JPEG_END
    if data.startswith(_PNG_SIGNATURE):
        return _repair_png(data)
    return data


def _repair_png(data: bytes) -> bytes:
    """Rewrite all chunks with valid lengths and checksums."""
    repaired = bytearray(_PNG_SIGNATURE)
    start = len(_PNG_SIGNATURE)
    while start + 8 < len(data):
        (length,) = struct.unpack('>I', data[start : start + 4])
        kind = data[start + 4 : start + 8]
        if not kind.isalpha():
            break  # A damaged length: the next chunk cannot be found.
        body = data[start + 8 : start + 8 + length]
        repaired += _png_chunk(kind, body)
        start += length + 12
    return bytes(repaired + _png_chunk(b'IEND', b''))


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
