"""Pages of TIFF files and frames of animations."""

from __future__ import annotations

import io
from itertools import count
from typing import NamedTuple

import numpy as np
from PIL import Image

from pipeline.io.color import pillow_to_bgr
from pipeline.io.errors import TooManyPagesError, check_page_count
from pipeline.io.pillow_limit import no_pillow_limit

_TIFF_STARTS = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
_ANIMATED_FORMATS = ('GIF', 'WEBP', 'PNG', 'AVIF')
_BLANK_RANGE = 16  # Largest difference of values in a blank frame. Lossy codecs add noise.
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_THUMBNAIL, _MASK = 1, 4  # Bits of NewSubfileType.


class TiffPage(NamedTuple):
    """Frame index and (width, height) of a page."""

    frame: int
    size: tuple[int, int]


def is_tiff(head: bytes) -> bool:
    """Whether a file that starts with these bytes is a TIFF."""
    return head.startswith(_TIFF_STARTS)


def list_pages(
    document: str | bytes, label: str, max_pages: int | None = None
) -> tuple[list[TiffPage], Exception | None]:
    """Find the pages of a TIFF.

    Args:
        document: Path or bytes of the file.
        label: Name of the file in error messages.
        max_pages: Maximum number of pages, or None.

    Returns:
        The pages, without thumbnails and masks, and the error that ended the search early or
        None. A file that cannot be opened has no pages.

    Raises:
        TooManyPagesError: If there are more pages.
    """
    try:
        with no_pillow_limit, _open(document) as image:
            return tiff_pages(image, label, max_pages)
    except TooManyPagesError:
        raise
    except Exception as error:  # Pillow's parsers raise many kinds of errors.
        return [], error


def tiff_pages(
    image: Image.Image, label: str = '', max_pages: int | None = None
) -> tuple[list[TiffPage], Exception | None]:
    """Find the pages of an opened TIFF, as :func:`list_pages`. Changes the current frame."""
    pages: list[TiffPage] = []
    for frame in count():
        # Thumbnails and masks take time as well.
        check_page_count(max(len(pages), frame // 4), max_pages, label)
        try:
            image.seek(frame)
        except EOFError:
            return pages, None
        except Exception as error:
            return pages, error
        tags = image.tag_v2  # type: ignore[attr-defined]
        kind = tags.get(_NEW_SUBFILE_TYPE, 0)
        if not (kind & (_THUMBNAIL | _MASK) or tags.get(_SUBFILE_TYPE) == 2):
            pages.append(TiffPage(frame, image.size))
    raise AssertionError('unreachable')


def select_frame(image: Image.Image) -> tuple[int, int]:
    """Seek the first frame of an animation that is not blank, or the first frame.

    Returns:
        Index of the frame and number of frames. (0, 1) for files other than animations.
    """
    if image.format not in _ANIMATED_FORMATS or not getattr(image, 'is_animated', False):
        return 0, 1
    frames = int(image.n_frames)  # type: ignore[attr-defined]
    for index in range(frames):
        image.seek(index)
        if np.ptp(pillow_to_bgr(image), axis=(0, 1)).max() > _BLANK_RANGE:
            return index, frames
    image.seek(0)
    return 0, frames


def _open(document: str | bytes) -> Image.Image:
    return Image.open(io.BytesIO(document) if isinstance(document, bytes) else document)
