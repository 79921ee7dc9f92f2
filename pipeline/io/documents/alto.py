"""ALTO 4.4 (https://www.loc.gov/standards/alto/)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from pipeline.io.documents.document_page import DocumentPage
from pipeline.io.documents.software import software
from pipeline.io.documents.xml_tree import Box, add, add_text, to_xml, whole_points
from pipeline.structures import Word

_NAMESPACE = 'http://www.loc.gov/standards/alto/ns-v4#'
_SCHEMA = 'http://www.loc.gov/standards/alto/v4/alto-4-4.xsd'


def alto(pages: Sequence[DocumentPage]) -> str:
    """One ALTO document with a ``Page`` per page.

    Positions are in pixels. ``WC`` is ``rec_score``. Each block, line and word also has its
    outline as a ``Polygon``. ``fileName`` is the image of the first page.
    """
    root = ElementTree.Element(
        'alto',
        {
            'xmlns': _NAMESPACE,
            'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
            'xsi:schemaLocation': f'{_NAMESPACE} {_SCHEMA}',
            'SCHEMAVERSION': '4.4',
        },
    )
    description = add(root, 'Description')
    add_text(description, 'MeasurementUnit', 'pixel')
    source = add(description, 'sourceImageInformation')
    add_text(source, 'fileName', pages[0].image_name if pages else '')
    processing = add(description, 'Processing', ID='processing')
    add_text(processing, 'processingCategory', 'contentGeneration')
    made_by = add(processing, 'processingSoftware')
    name, version = software()
    add_text(made_by, 'softwareName', name)
    add_text(made_by, 'softwareVersion', version)
    layout = add(root, 'Layout')
    for number, document_page in enumerate(pages, 1):
        _add_page(layout, document_page, number)
    return to_xml(root)


def _add_page(layout: ElementTree.Element, document_page: DocumentPage, number: int) -> None:
    page = document_page.page
    size = {'HEIGHT': page.size[0], 'WIDTH': page.size[1]}
    element = add(
        layout, 'Page', ID=f'page_{number}', PHYSICAL_IMG_NR=number, PROCESSING='processing', **size
    )
    space = add(element, 'PrintSpace', HPOS=0, VPOS=0, **size)
    line_number = word_number = 0
    for block_number, block in enumerate(page.blocks, 1):
        text_block = add(
            space, 'TextBlock', ID=f'block_{number}_{block_number}', **_place(block.polygon)
        )
        _add_shape(text_block, block.polygon)
        for line in block.lines:
            line_number += 1
            text_line = add(
                text_block, 'TextLine', ID=f'line_{number}_{line_number}', **_place(line.polygon)
            )
            _add_shape(text_line, line.polygon)
            for index, word in enumerate(line.words):
                if index:
                    add(text_line, 'SP')
                word_number += 1
                _add_string(text_line, word, f'word_{number}_{word_number}')


def _add_string(line: ElementTree.Element, word: Word, name: str) -> None:
    string = add(
        line,
        'String',
        ID=name,
        CONTENT=word.text,
        WC=f'{min(max(word.rec_score, 0.0), 1.0):.4f}',
        **_place(word.polygon),
    )
    _add_shape(string, word.polygon)


def _place(polygon: np.ndarray) -> dict[str, object]:
    box = Box.around(polygon)
    return {'HPOS': box.x1, 'VPOS': box.y1, 'WIDTH': box.x2 - box.x1, 'HEIGHT': box.y2 - box.y1}


def _add_shape(parent: ElementTree.Element, polygon: np.ndarray) -> None:
    points = ' '.join(f'{x},{y}' for x, y in whole_points(polygon))
    add(add(parent, 'Shape'), 'Polygon', POINTS=points)
