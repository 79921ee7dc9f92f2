"""SCUT-CTW1500 (Liu et al., Pattern Recognition 2019), in its two published editions."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.datasets.converters.annotation_file import spotting_instance
from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import read_lines, trailing_number
from pipeline.datasets.converters.paired_folders import PairedFolders, read_paired_folders
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts

_LAYOUTS = (
    PairedFolders(
        'train',
        ('train_images', 'ctw1500_train_images', 'train/text_image', 'textdet_imgs/train'),
        (
            'ctw1500_train_labels',
            'train_labels',
            'annotations/train',
            'train/text_label_curve',
        ),
        ('.xml', '.txt'),
    ),
    PairedFolders(
        'test',
        ('test_images', 'ctw1500_test_images', 'test/text_image', 'textdet_imgs/test'),
        (
            'gt_ctw1500',
            'ctw1500_test_labels',
            'test_labels',
            'annotations/test',
            'test/text_label_curve',
        ),
        ('.txt', '.xml'),
    ),
)
_MARK = ',####'
_ILLEGIBLE = '###'
_CURVE_VALUES = 32


def read_ctw1500(root: Path) -> list[DatasetSplit]:
    """Read every split under ``root``.

    Annotations are text lines, not words. ``###`` marks ignored lines, including Chinese text. The
    first edition (``text_label_curve``) has no texts, so its splits are only for detection.

    Raises:
        MissingFiles: If no split is found, or if images or ground truth of a split are missing.
        ValueError: If a file cannot be parsed. The message contains the file and the line or box.
    """
    splits = read_paired_folders(
        root, _LAYOUTS, read_ctw1500_lines, '{}', trailing_number, trailing_number
    )
    return [replace(split, has_text=_has_text(split)) for split in splits]


def parse_ctw1500_line(line: str) -> tuple[np.ndarray, str]:
    """Parse one text line to ((K, 2) polygon, text).

    Lines are ``x1,y1,...,x14,y14,####text``. In the first edition they are ``xmin,ymin,xmax,ymax``
    and 14 offsets from (xmin, ymin), without text.

    Raises:
        ValueError: If the line has neither format.
    """
    before, mark, text = line.partition(_MARK)
    try:
        values = np.array([float(value) for value in before.split(',')])
    except ValueError:
        values = np.empty(0)
    if mark and len(values) >= 6 and len(values) % 2 == 0:
        return values.reshape(-1, 2), text
    if not mark and len(values) == _CURVE_VALUES:
        return values[4:].reshape(-1, 2) + values[:2], ''
    raise ValueError(
        'expected x1,y1,...,xn,yn,####transcript, or xmin,ymin,xmax,ymax and 28 offsets, '
        f'got {line!r}'
    )


def read_ctw1500_lines(path: Path) -> list[dict]:
    """Read the text lines of one ground-truth file, XML or text.

    Raises:
        ValueError: If the file cannot be parsed. The message contains the line or box.
    """
    if path.suffix.lower() == '.xml':
        return _read_xml(path)
    found = []
    for number, line in read_lines(path):
        try:
            ring, text = parse_ctw1500_line(line)
            found.append(spotting_instance(ring, text, ignore=text == _ILLEGIBLE))
        except ValueError as error:
            raise ValueError(f'{path}, line {number}: {error}') from None
    return found


def _read_xml(path: Path) -> list[dict]:
    try:
        boxes = ElementTree.parse(path).getroot().iter('box')
    except ElementTree.ParseError as error:
        raise ValueError(f'{path}: expected XML with image and box elements, got {error}') from None
    found = []
    for number, box in enumerate(boxes, start=1):
        text, segments = box.findtext('label') or '', box.findtext('segs') or ''
        try:
            ring = np.array([float(value) for value in segments.split(',')]).reshape(-1, 2)
            found.append(spotting_instance(ring, text, ignore=text in ('', _ILLEGIBLE)))
        except ValueError:
            raise ValueError(
                f'{path}, box {number}: expected <segs>x1,y1,...,xn,yn</segs>, got {segments!r}'
            ) from None
    return found


def _has_text(split: DatasetSplit) -> bool:
    words = [word for sample in split.samples for word in sample['instances']]
    return not words or any(word['text'] for word in words)


CTW1500 = DatasetEntry(
    name='ctw1500',
    title='SCUT-CTW1500',
    task='textspotting',
    read_splits=read_ctw1500,
    layout="""
train_images/ [.zip]            0001.jpg ... 1000.jpg
ctw1500_train_labels/ [.zip]    0001.xml ... (or train_labels)
test_images/ [.zip]             1001.jpg ... 1500.jpg
gt_ctw1500/ [.zip]              0001001.txt ... (or test_labels)
or, the first edition, only for detection, {train,test}/text_image and text_label_curve
""",
    url='https://github.com/Yuliang-Liu/Curve-Text-Detector',
    licence='free to the academic community for research only',
    size='not stated by its owners',
    language='English (Chinese lines are marked as ignored)',
    published={'train': SplitCounts(1000), 'test': SplitCounts(500)},
    wanted={
        'train': 'train_images and ctw1500_train_labels',
        'test': 'test_images and gt_ctw1500',
    },
)
