"""Searchable PDF: the image with invisible text over its words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from pipeline.geometry import clip_to_image, enclosing_quad
from pipeline.io.documents.document_page import DocumentPage
from pipeline.io.documents.software import software
from pipeline.structures import Word

PDF_DPI = 200.0
"""Resolution of the images in PDF files, and of PDF pages that are read."""
_JPEG_QUALITY = 90
_FONT = 'clipter-invisible'
_INVISIBLE = 3  # Text rendering mode.


def searchable_pdf(pages: Sequence[DocumentPage]) -> bytes:
    """A PDF with one page per image, at 200 pixels per inch.

    The text of each word is scaled to its box and rotated as the word. A curved word has the
    text along the smallest rectangle around it.

    Raises:
        ValueError: If a page has no image, or there is no page.
        ImportError: If reportlab is not installed.
    """
    missing = [page.image_name for page in pages if page.image is None]
    if missing or not pages:
        raise ValueError(f'a PDF requires the image of each page, got none for {missing or "any"}.')
    canvas_module = _import_reportlab()
    buffer = io.BytesIO()
    scale = 72 / PDF_DPI
    canvas = canvas_module.Canvas(buffer, pageCompression=1, invariant=True)
    canvas.setCreator(' '.join(software()))
    canvas.setTitle(pages[0].image_name)
    for page in pages:
        height, width = page.page.size
        canvas.setPageSize((width * scale, height * scale))
        canvas.scale(scale, scale)  # The unit is one pixel from here on.
        canvas.drawImage(_jpeg(page.image), 0, 0, width, height)
        for line in page.page.lines:
            for word in line.words:
                # Readers of PDF files do not see small gaps between words.
                end = '' if word is line.words[-1] else ' '
                _write_word(canvas, word, (height, width), end)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _import_reportlab() -> Any:
    try:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont
        from reportlab.pdfgen import canvas
    except ImportError as error:
        raise ImportError("PDF files require reportlab: pip install -e '.[pdf]'") from error
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        from pipeline.visualization.label_fonts import dejavu_sans

        pdfmetrics.registerFont(TTFont(_FONT, dejavu_sans()))
    return canvas


def _jpeg(image: np.ndarray | None) -> Any:
    from reportlab.lib.utils import ImageReader

    assert image is not None
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return ImageReader(io.BytesIO(data.tobytes()))


def _write_word(canvas: Any, word: Word, size: tuple[int, int], end: str) -> None:
    """Write a word from the bottom-left to the bottom-right corner of its quad, then ``end``."""
    from reportlab.pdfbase import pdfmetrics

    ascent, descent = pdfmetrics.getAscentDescent(_FONT, 1.0)
    top_left, _, bottom_right, bottom_left = clip_to_image(enclosing_quad(word.polygon), size)
    along, up = bottom_right - bottom_left, top_left - bottom_left
    length, height = float(np.hypot(*along)), float(np.hypot(*up))
    font_size = height / (ascent - descent)
    face = pdfmetrics.getFont(_FONT).face
    for letter in word.text:
        # The text is invisible: letters that the font lacks get its empty box, and stay text.
        face.charToGlyph.setdefault(ord(letter), 0)
    natural = pdfmetrics.stringWidth(word.text, _FONT, font_size)
    if min(length, natural) < 1e-3:
        return
    start = bottom_left + up * (-descent / (ascent - descent))  # The baseline.
    cos, sin = along[0] / length, -along[1] / length  # The y axis of a PDF points up.
    text = canvas.beginText()
    text.setTextRenderMode(_INVISIBLE)
    text.setFont(_FONT, font_size)
    text.setHorizScale(100 * length / natural)
    text.setTextTransform(cos, sin, -sin, cos, float(start[0]), size[0] - float(start[1]))
    text.textOut(word.text + end)
    canvas.drawText(text)
