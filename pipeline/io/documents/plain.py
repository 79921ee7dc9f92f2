"""JSON, CSV and text of pages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.io.documents.document_page import DocumentPage

CSV_COLUMNS = (
    'image', 'block', 'line', 'text', 'score', 'det_score', 'rec_score',
    'x1', 'y1', 'x2', 'y2', 'x3', 'y3', 'x4', 'y4', 'polygon',
)  # fmt: skip
"""Columns of CSV files."""


def page_record(document_page: DocumentPage) -> dict[str, Any]:
    """``{"image", "width", "height", "orientation", "words"}``, JSON-serializable.

    Each word is ``{"polygon": [[x, y], ...], "text", "score", "det_score", "rec_score", "line",
    "block"}``, with pixels rounded to two decimals. The numbers of lines and blocks count from 0
    in the image.
    """
    return {'image': document_page.image_name, **document_page.page.to_dict()}


def json_text(record: dict[str, Any]) -> str:
    """A record as JSON, one line per word."""
    lines = [json.dumps(word, ensure_ascii=False) for word in record['words']]
    body = ',\n  '.join(lines)
    fields = [
        f'{json.dumps(name)}: '
        + (
            f'[\n  {body}\n]'
            if name == 'words' and lines
            else json.dumps(value, ensure_ascii=False)
        )
        for name, value in record.items()
    ]
    return '{' + ', '.join(fields) + '}\n'


def csv_rows(document_page: DocumentPage) -> list[tuple[Any, ...]]:
    """One row per word, with its polygon as ``x1 y1 x2 y2 ...``.

    ``x1`` to ``y4`` are its corners, for a curved word those of the smallest rectangle around it.
    An image without words has one row with empty fields, so that each image is listed.
    """
    rows = [
        (
            document_page.image_name,
            *(row[name] for name in CSV_COLUMNS[1:-1]),
            ' '.join(str(value) for point in row['polygon'] for value in point),
        )
        for row in document_page.page.rows()
    ]
    return rows or [(document_page.image_name, *[''] * (len(CSV_COLUMNS) - 1))]


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as lines of a CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\n').writerows(rows)
    return buffer.getvalue()


def plain_text(pages: Sequence[DocumentPage]) -> str:
    """One line of text per line, with a blank line between blocks and a form feed between pages."""
    texts = [each.page.text for each in pages]
    return '\f'.join(text + '\n' if text else '' for text in texts)
