"""Pages of PDF files as photos."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pypdfium2

from pipeline.io.color import array_to_bgr
from pipeline.io.errors import ImageReadError, check_pixels


def count_pages(document: str | bytes, label: str) -> int:
    """How many pages a PDF has.

    Args:
        document: A path, or the file's bytes.
        label: Names the file in errors.

    Raises:
        ImageReadError: If it is damaged, wants a password, or has no pages.
    """
    with _open(document, label) as pdf:
        count = len(pdf)
    if not count:
        raise ImageReadError(f'{label}: the PDF has no pages')
    return count


def render_page(
    document: str | bytes, page_index: int, label: str, dpi: float, max_pixels: int
) -> np.ndarray:
    """Draw one page, counted from 0: (H, W, 3) uint8 BGR.

    The file is opened for every page anew, so that nothing stays open between two of them.
    """
    with _open(document, label) as pdf:
        page = pdf[page_index]
        scale = dpi / 72
        width, height = (int(np.ceil(side * scale)) for side in page.get_size())
        check_pixels(width, height, max_pixels, label)
        bitmap = page.render(scale=scale)
        pixels = array_to_bgr(bitmap.to_numpy())
        bitmap.close()
        page.close()
    return pixels


@contextmanager
def _open(document: str | bytes, label: str) -> Iterator[pypdfium2.PdfDocument]:
    try:
        pdf = pypdfium2.PdfDocument(document)
        try:
            if pdf.get_formtype():
                pdf.init_forms()  # Without this, what was filled in is not drawn.
            yield pdf
        finally:
            pdf.close()
    except (pypdfium2.PdfiumError, OSError) as error:
        raise ImageReadError(f'{label}: cannot read the PDF ({error})') from error
