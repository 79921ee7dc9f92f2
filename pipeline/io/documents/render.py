"""The formats of documents, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.io.documents.alto import alto
from pipeline.io.documents.document_page import DocumentPage
from pipeline.io.documents.hocr import hocr
from pipeline.io.documents.page_xml import page_xml
from pipeline.io.documents.pdf import searchable_pdf
from pipeline.io.documents.plain import (
    CSV_COLUMNS,
    csv_rows,
    csv_text,
    json_text,
    page_record,
    plain_text,
)
from pipeline.layout import Page


@dataclass(frozen=True)
class DocumentFormat:
    """A format of documents.

    Attributes:
        suffix: End of the names of its files.
        media_type: Type for HTTP.
        render: Function from pages to the content of a file.
    """

    suffix: str
    media_type: str
    render: Callable[[Sequence[DocumentPage]], str | bytes]


def _json(pages: Sequence[DocumentPage]) -> str:
    if len(pages) != 1:
        raise ValueError(f'a JSON document has one page, got {len(pages)}.')
    return json_text(page_record(pages[0]))


DOCUMENT_FORMATS: dict[str, DocumentFormat] = {
    'json': DocumentFormat('.json', 'application/json', _json),
    'csv': DocumentFormat(
        '.csv',
        'text/csv; charset=utf-8',
        lambda pages: csv_text([CSV_COLUMNS, *(row for page in pages for row in csv_rows(page))]),
    ),
    'txt': DocumentFormat('.txt', 'text/plain; charset=utf-8', plain_text),
    'hocr': DocumentFormat('.hocr', 'text/vnd.hocr+html', hocr),
    'alto': DocumentFormat('.alto.xml', 'application/alto+xml', alto),
    'page': DocumentFormat('.page.xml', 'application/vnd.prima.page+xml', page_xml),
    'pdf': DocumentFormat('.pdf', 'application/pdf', searchable_pdf),
}
"""Formats of :func:`render`, by name."""


def render(
    result_format: str, page: Page, image_name: str, image: np.ndarray | None = None
) -> str | bytes:
    """The document of one image.

    Args:
        result_format: One of ``DOCUMENT_FORMATS``.
        page: Words of the image.
        image_name: File, URL or page of the image, as it is named in the document.
        image: (H, W, 3) uint8 BGR, which only ``'pdf'`` requires.

    Returns:
        Text, or bytes for ``'pdf'``.

    Raises:
        ValueError: If the format is unknown, or a PDF is wanted without an image.
        ImportError: If the format requires a package that is not installed.
    """
    return render_pages(result_format, [DocumentPage(page, image_name, image)])


def render_pages(result_format: str, pages: Sequence[DocumentPage]) -> str | bytes:
    """The document of several images.

    Args:
        result_format: One of ``DOCUMENT_FORMATS``. ``'json'`` and ``'page'`` have one page, the
            others have any number.
        pages: Pages of the document.

    Raises:
        ValueError: If the format is unknown or does not allow this number of pages.
        ImportError: If the format requires a package that is not installed.
    """
    if result_format not in DOCUMENT_FORMATS:
        raise ValueError(f'format must be one of {tuple(DOCUMENT_FORMATS)}, got {result_format!r}.')
    return DOCUMENT_FORMATS[result_format].render(pages)
