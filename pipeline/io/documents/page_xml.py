"""PAGE XML, page content of 2019-07-15 (https://github.com/PRImA-Research-Lab/PAGE-XML)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from xml.etree import ElementTree

import numpy as np

from pipeline.io.documents.document_page import DocumentPage
from pipeline.io.documents.software import software
from pipeline.io.documents.xml_tree import add, add_text, to_xml, whole_points

_NAMESPACE = 'http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15'


def page_xml(pages: Sequence[DocumentPage]) -> str:
    """A PAGE document with one ``TextRegion`` per block, in reading order.

    ``conf`` is ``rec_score``.

    Raises:
        ValueError: If the number of pages is not 1, because a PAGE document has one page.
    """
    if len(pages) != 1:
        raise ValueError(f'a PAGE XML document has one page, got {len(pages)}.')
    document_page = pages[0]
    page = document_page.page
    root = ElementTree.Element(
        'PcGts',
        {
            'xmlns': _NAMESPACE,
            'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
            'xsi:schemaLocation': f'{_NAMESPACE} {_NAMESPACE}/pagecontent.xsd',
        },
    )
    now = datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    metadata = add(root, 'Metadata')
    add_text(metadata, 'Creator', ' '.join(software()))
    add_text(metadata, 'Created', now)
    add_text(metadata, 'LastChange', now)
    element = add(
        root,
        'Page',
        imageFilename=document_page.image_name,
        imageWidth=page.size[1],
        imageHeight=page.size[0],
    )
    if page.blocks:
        group = add(add(element, 'ReadingOrder'), 'OrderedGroup', id='reading_order')
        for index in range(len(page.blocks)):
            add(group, 'RegionRefIndexed', index=index, regionRef=f'region_{index + 1}')
    _add_regions(element, document_page)
    return to_xml(root)


def _add_regions(element: ElementTree.Element, document_page: DocumentPage) -> None:
    line_number = word_number = 0
    for number, block in enumerate(document_page.page.blocks, 1):
        region = add(element, 'TextRegion', id=f'region_{number}')
        _add_coords(region, block.polygon)
        for line in block.lines:
            line_number += 1
            text_line = add(region, 'TextLine', id=f'line_{line_number}')
            _add_coords(text_line, line.polygon)
            for word in line.words:
                word_number += 1
                item = add(text_line, 'Word', id=f'word_{word_number}')
                _add_coords(item, word.polygon)
                _add_text(item, word.text, conf=f'{min(max(word.rec_score, 0.0), 1.0):.4f}')
            _add_text(text_line, line.text)
        _add_text(region, block.text)


def _add_coords(parent: ElementTree.Element, polygon: np.ndarray) -> None:
    add(parent, 'Coords', points=' '.join(f'{x},{y}' for x, y in whole_points(polygon)))


def _add_text(parent: ElementTree.Element, text: str, **attributes: object) -> None:
    add_text(add(parent, 'TextEquiv', **attributes), 'Unicode', text)
