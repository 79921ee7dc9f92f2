"""ICDAR 2013 Focused Scene Text (Robust Reading Competition, challenge 2), as published."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from pipeline.datasets.converters.annotation_file import spotting_instance
from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import read_lines
from pipeline.datasets.converters.paired_folders import PairedFolders, read_paired_folders
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts

_LAYOUTS = (
    PairedFolders(
        'train',
        (
            'Challenge2_Training_Task12_Images',
            'ch2_training_images',
            'textdet_imgs/train',
            'imgs/training',
        ),
        (
            'Challenge2_Training_Task1_GT',
            'ch2_training_localization_transcription_gt',
            'annotations/train',
            'annotations/training',
        ),
    ),
    PairedFolders(
        'test',
        ('Challenge2_Test_Task12_Images', 'ch2_test_images', 'textdet_imgs/test', 'imgs/test'),
        (
            'Challenge2_Test_Task1_GT',
            'Challenge2_Test_Task4_GT',
            'ch2_test_localization_transcription_gt',
            'annotations/test',
        ),
    ),
    PairedFolders('', ('images',), ('gt',)),
)
_NUMBER = r'\s*(-?\d+(?:\.\d+)?)\s*'
# The text of a box is in quotes; fields are separated by blanks (training) or commas (test).
_BOX = re.compile(rf'{_NUMBER}[\s,]{_NUMBER}[\s,]{_NUMBER}[\s,]{_NUMBER}[\s,]\s*"(.*)"\s*$')
_QUAD = re.compile(','.join([_NUMBER] * 8) + ',(.*)$')
_PLAIN_BOX = re.compile(','.join([_NUMBER] * 4) + ',(.*)$')
_ESCAPED = re.compile(r'\\(["\\])')


def read_icdar2013(root: Path) -> list[DatasetSplit]:
    """Read every split under ``root``.

    Args:
        root: Folder with the folders or zips of the competition, with MMOCR's ``textdet_imgs`` and
            ``annotations``, or with ``images`` and ``gt`` of one split.

    Raises:
        MissingFiles: If no split is found, or if images or ground truth of a split are missing.
        ValueError: If a line cannot be parsed. The message contains file and line.
    """
    return read_paired_folders(root, _LAYOUTS, read_icdar2013_words)


def parse_icdar2013_line(line: str) -> tuple[np.ndarray, str]:
    """Parse one word to ((4, 2) quad, text).

    Lines are ``left top right bottom "text"`` (training), the same with commas (test), or
    ``x1,y1,...,x4,y4,text`` (end-to-end, 2015 edition). In quotes, double quotes and backslashes
    are escaped with a backslash.

    Raises:
        ValueError: If the line has none of these formats.
    """
    if found := _BOX.match(line):
        return _box(found), _ESCAPED.sub(r'\1', found[5])
    if found := _QUAD.match(line):
        return np.array(found.groups()[:8], dtype=np.float32).reshape(4, 2), found[9]
    if found := _PLAIN_BOX.match(line):
        return _box(found), found[5].strip()
    raise ValueError(
        'expected left top right bottom "transcript", with blanks or commas, or '
        f'x1,y1,...,x4,y4,transcript, got {line!r}'
    )


def read_icdar2013_words(path: Path) -> list[dict]:
    """Read the words of one ground-truth file; words with the text ``###`` are ignored.

    Raises:
        ValueError: If a line cannot be parsed. The message contains file and line.
    """
    words = []
    for number, line in read_lines(path):
        try:
            quad, text = parse_icdar2013_line(line)
        except ValueError as error:
            raise ValueError(f'{path}, line {number}: {error}') from None
        words.append(spotting_instance(quad, text, ignore=text == '###'))
    return words


def _box(found: re.Match[str]) -> np.ndarray:
    left, top, right, bottom = (float(value) for value in found.groups()[:4])
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)


ICDAR2013 = DatasetEntry(
    name='icdar2013',
    title='ICDAR 2013 Focused Scene Text',
    task='textspotting',
    read_splits=read_icdar2013,
    layout="""
Challenge2_Training_Task12_Images[.zip]   100.jpg ... 328.jpg
Challenge2_Training_Task1_GT[.zip]        gt_100.txt ... gt_328.txt
Challenge2_Test_Task12_Images[.zip]       img_1.jpg ... img_233.jpg
Challenge2_Test_Task1_GT[.zip]            gt_img_1.txt ... gt_img_233.txt
or, for the end-to-end task, ch2_training_images, ch2_training_localization_transcription_gt;
or, in MMOCR's layout, textdet_imgs/{train,test} and annotations/{train,test};
or, for one split, images/ and gt/
""",
    url='https://rrc.cvc.uab.es/?ch=2&com=downloads (after registration)',
    licence='no licence stated; terms of the Robust Reading Competition',
    size='not stated by its owners',
    language='English (Latin script)',
    published={'train': SplitCounts(229, 848), 'test': SplitCounts(233, 1095)},
    wanted={
        'train': 'Challenge2_Training_Task12_Images and Challenge2_Training_Task1_GT',
        'test': 'Challenge2_Test_Task12_Images and Challenge2_Test_Task1_GT',
    },
)
