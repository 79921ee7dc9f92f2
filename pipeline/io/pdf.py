"""Rendering and joining of PDF pages."""

from __future__ import annotations

import io
import math
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.io.color import array_to_bgr
from pipeline.io.errors import ImageReadError, PasswordError, check_page_count, check_pixels

if TYPE_CHECKING:
    import pypdfium2

# PDFium crashes if several threads call its functions at the same time.
_PDFIUM = threading.Lock()


def is_pdf(head: bytes) -> bool:
    """Whether a file that starts with these bytes is a PDF."""
    return head.startswith(b'%PDF-')


def page_sizes(
    document: str | bytes,
    label: str,
    dpi: float,
    password: str | None = None,
    max_pages: int | None = None,
) -> list[tuple[int, int]]:
    """(width, height) in pixels of each page of a PDF.

    Args:
        document: Path or bytes of the file.
        label: Name of the file in error messages.
        dpi: Resolution.
        password: Password of the file. Files without a password ignore it.
        max_pages: Maximum number of pages, or None.

    Raises:
        ImageReadError: If the file is damaged or has no pages, if it requires another password,
            or if it has too many pages.
    """
    with _open(document, label, password) as pdf:
        check_page_count(len(pdf), max_pages, label)
        sizes = [_pixels(pdf.get_page_size(index), dpi) for index in range(len(pdf))]
    if not sizes:
        raise ImageReadError(f'{label}: the PDF has no pages')
    return sizes


def render_page(
    document: str | bytes,
    page_index: int,
    label: str,
    dpi: float,
    max_pixels: int,
    password: str | None = None,
) -> np.ndarray:
    """Render one page to (H, W, 3) uint8 BGR.

    The file is opened for each page, so that it does not stay open between pages.

    Args:
        document: Path or bytes of the file.
        page_index: Index of the page, from 0.
        label: Name of the page in error messages.
        dpi: Resolution.
        max_pixels: Maximum number of pixels.
        password: Password of the file.

    Raises:
        ImageReadError: If the file cannot be read or the page is too large.
    """
    with _open(document, label, password) as pdf:
        page = pdf[page_index]
        check_pixels(*_pixels(page.get_size(), dpi), max_pixels, label)
        bitmap = page.render(scale=dpi / 72)
        pixels = array_to_bgr(bitmap.to_numpy())
        bitmap.close()
        page.close()
    return pixels


def _pixels(size: tuple[float, float], dpi: float) -> tuple[int, int]:
    width, height = (math.ceil(side * dpi / 72) for side in size)
    return width, height


def document_name(name: str, source: str) -> str | None:
    """The name of the document of a page, or None for other images.

    Args:
        name: Name of the image in the results, such as ``scan-p001``.
        source: Origin of the image, such as ``scan.pdf#page=1``.
    """
    match = re.fullmatch(r'(.+)-p\d{3,}', name)
    return match[1] if match and re.search(r'#page=\d+$', source) else None


def join_pages(paths: Sequence[Path]) -> bytes:
    """One PDF with the pages of several PDF files."""
    import pypdfium2  # slow to import

    with _PDFIUM:
        joined = pypdfium2.PdfDocument.new()
        try:
            for path in paths:
                part = pypdfium2.PdfDocument(path)
                joined.import_pages(part)
                part.close()
            buffer = io.BytesIO()
            joined.save(buffer)
        finally:
            joined.close()
    return buffer.getvalue()


@contextmanager
def _open(
    document: str | bytes, label: str, password: str | None
) -> Iterator[pypdfium2.PdfDocument]:
    import pypdfium2  # slow to import

    try:
        with _PDFIUM:
            pdf = pypdfium2.PdfDocument(document, password=password)
            try:
                if pdf.get_formtype():
                    pdf.init_forms()  # Required for drawing filled-in form fields.
                yield pdf
            finally:
                pdf.close()
    except (pypdfium2.PdfiumError, OSError) as error:
        if 'password' in str(error).lower():
            reason = 'requires a password (--password)' if password is None else 'wrong password'
            raise PasswordError(f'{label}: cannot read the PDF: {reason}') from error
        raise ImageReadError(f'{label}: cannot read the PDF ({error})') from error
