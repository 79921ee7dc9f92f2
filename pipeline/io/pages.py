"""The images of one file: the file itself, or the pages of a PDF or TIFF."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pipeline.io.decode import decode_image, read_file
from pipeline.io.documents.pdf import PDF_DPI
from pipeline.io.errors import MAX_PIXELS
from pipeline.io.frames import is_tiff, list_pages
from pipeline.io.pdf import is_pdf, page_sizes, render_page


@dataclass(frozen=True)
class FilePage:
    """One image of a file, which is not decoded yet.

    Attributes:
        document: Path or bytes of the file.
        label: Name of the image: that of the file, or of its page (``doc.pdf#page=2``).
        number: Number of the page from 1, or None if the file is one image.
        size: (width, height) in pixels of the page of a PDF or TIFF, None for other images.
    """

    document: str | bytes = field(repr=False)
    label: str
    number: int | None = None
    size: tuple[int, int] | None = None
    _frame: int | None = None
    _is_pdf: bool = False
    _password: str | None = field(default=None, repr=False)

    def load(self, max_pixels: int = MAX_PIXELS, strict: bool = False) -> np.ndarray:
        """Decode the image; see :func:`pipeline.io.read_image`.

        Args:
            max_pixels: Maximum number of pixels.
            strict: Whether damaged images are refused.

        Returns:
            (H, W, 3) uint8 BGR.

        Raises:
            ImageReadError: If the image cannot be read.
        """
        if self._is_pdf:
            assert self.number is not None
            return render_page(
                self.document, self.number - 1, self.label, PDF_DPI, max_pixels, self._password
            )
        data = self.document if isinstance(self.document, bytes) else read_file(self.document)
        return decode_image(data, self.label, max_pixels, strict, self._frame)


def is_document(head: bytes) -> bool:
    """Whether a file that starts with these bytes may have several pages."""
    return is_pdf(head) or is_tiff(head)


def list_file_pages(
    document: str | bytes,
    head: bytes,
    label: str,
    password: str | None = None,
    max_pages: int | None = None,
) -> tuple[list[FilePage], str | None]:
    """Find the images of a file.

    Args:
        document: Path or bytes of the file.
        head: First bytes of the file, which decide its kind.
        label: Name of the file.
        password: Password of a PDF. Other files ignore it.
        max_pages: Maximum number of pages, or None.

    Returns:
        The images, at least one, and a sentence if the end of a damaged TIFF is missing. A TIFF
        that cannot be opened is one image, whose ``load()`` raises.

    Raises:
        ImageReadError: If a PDF cannot be opened, or the file has too many pages.
    """
    if is_pdf(head):
        sizes = page_sizes(document, label, PDF_DPI, password, max_pages)
        return [
            FilePage(document, f'{label}#page={number}', number, size, None, True, password)
            for number, size in enumerate(sizes, 1)
        ], None
    if not is_tiff(head):
        return [FilePage(document, label)], None
    frames, error = list_pages(document, label, max_pages)
    if len(frames) < 2:
        frame, size = frames[0] if frames else (None, None)
        pages = [FilePage(document, label, None, size, frame)]
    else:
        pages = [
            FilePage(document, f'{label}#page={number}', number, size, frame)
            for number, (frame, size) in enumerate(frames, 1)
        ]
    damage = None
    if error is not None and frames:
        damage = f'{label}: damaged TIFF, only {len(frames)} pages are found ({error})'
    return pages, damage
