"""hOCR 1.2 (http://kba.github.io/hocr-spec/1.2/)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from pipeline.io.documents.document_page import DocumentPage
from pipeline.io.documents.software import software
from pipeline.io.documents.xml_tree import Box, add, add_text, to_xml, whole_points
from pipeline.layout import Line

_CAPABILITIES = 'ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_poly ocrp_wconf'
_DOCTYPE = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)


def hocr(pages: Sequence[DocumentPage]) -> str:
    """One hOCR document with an ``ocr_page`` per page.

    ``x_wconf`` is ``rec_score`` in percent. Words contain their box (``bbox``) and their outline
    (``poly``), lines with an angle also ``textangle``.
    """
    html = ElementTree.Element('html', {'xmlns': 'http://www.w3.org/1999/xhtml'})
    head = add(html, 'head')
    add_text(head, 'title', pages[0].image_name if pages else '')
    content_type = {'http-equiv': 'Content-Type', 'content': 'text/html; charset=utf-8'}
    ElementTree.SubElement(head, 'meta', content_type)
    add(head, 'meta', name='ocr-system', content=' '.join(software()))
    add(head, 'meta', name='ocr-capabilities', content=_CAPABILITIES)
    body = add(html, 'body')
    for number, document_page in enumerate(pages, 1):
        _add_page(body, document_page, number)
    return to_xml(html, _DOCTYPE)


def _add_page(body: ElementTree.Element, document_page: DocumentPage, number: int) -> None:
    page = document_page.page
    height, width = page.size
    name = document_page.image_name.replace('\\', '\\\\').replace('"', '\\"')
    title = f'image "{name}"; bbox 0 0 {width} {height}; ppageno {number - 1}'
    top = add(body, 'div', class_='ocr_page', id=f'page_{number}', title=title)
    line_number = word_number = 0
    for block_number, block in enumerate(page.blocks, 1):
        title = _bbox(block.polygon)
        place = f'{number}_{block_number}'
        area = add(top, 'div', class_='ocr_carea', id=f'block_{place}', title=title)
        paragraph = add(area, 'p', class_='ocr_par', id=f'par_{place}', title=title)
        for line in block.lines:
            line_number += 1
            span = add(
                paragraph,
                'span',
                class_='ocr_line',
                id=f'line_{number}_{line_number}',
                title=_bbox(line.polygon) + _angle(line),
            )
            for word in line.words:
                word_number += 1
                points = ' '.join(f'{x} {y}' for x, y in whole_points(word.polygon))
                add_text(
                    span,
                    'span',
                    word.text,
                    class_='ocrx_word',
                    id=f'word_{number}_{word_number}',
                    title=f'{_bbox(word.polygon)}; x_wconf {round(100 * word.rec_score)}; '
                    f'poly {points}',
                )


def _bbox(polygon: np.ndarray) -> str:
    box = Box.around(polygon)
    return f'bbox {box.x1} {box.y1} {box.x2} {box.y2}'


def _angle(line: Line) -> str:
    """Counter-clockwise angle of a line that is not level."""
    along = line.along
    degrees = -float(np.degrees(np.arctan2(along[1], along[0])))
    return f'; textangle {degrees:.1f}' if abs(degrees) >= 1 else ''
