"""ICDAR 2015 Incidental Scene Text (Robust Reading Competition, challenge 4), as published."""

from __future__ import annotations

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
        ('ch4_training_images', 'textdet_imgs/train', 'imgs/training', 'train_images'),
        (
            'ch4_training_localization_transcription_gt',
            'annotations/train',
            'annotations/training',
            'train_gts',
        ),
    ),
    PairedFolders(
        'test',
        ('ch4_test_images', 'textdet_imgs/test', 'imgs/test', 'test_images'),
        (
            'Challenge4_Test_Task1_GT',
            'Challenge4_Test_Task4_GT',
            'ch4_test_localization_transcription_gt',
            'annotations/test',
            'test_gts',
        ),
    ),
    PairedFolders('', ('images',), ('gt',)),
)


def read_icdar2015(root: Path) -> list[DatasetSplit]:
    """Read every split under ``root``.

    A byte order mark is removed. Words with the text ``###`` are ignored. Images without words are
    kept as negative examples. The order of corners is not changed.

    Args:
        root: Folder with the folders or zips of the competition, with MMOCR's ``textdet_imgs`` and
            ``annotations``, or with ``images`` and ``gt`` of one split.

    Raises:
        MissingFiles: If no split is found, or if images or ground truth of a split are missing.
        ValueError: If a line cannot be parsed. The message contains file and line.
    """
    return read_paired_folders(root, _LAYOUTS, read_icdar2015_words)


def parse_icdar2015_line(line: str) -> tuple[np.ndarray, str]:
    """Parse ``x1,y1,x2,y2,x3,y3,x4,y4,text`` to ((4, 2) quad, text).

    Commas after the eighth belong to the text. Quotes are kept, because they are part of the text.
    (The competition's scorer removes enclosing quotes before comparing.)

    Raises:
        ValueError: If the line has fewer than nine fields or a coordinate is not a number.
    """
    fields = line.split(',', 8)
    if len(fields) < 9:
        raise ValueError(
            f'expected 8 coordinates and a transcript, got {len(fields)} fields: {line!r}'
        )
    try:
        quad = np.array([float(v) for v in fields[:8]], dtype=np.float32).reshape(4, 2)
    except ValueError:
        raise ValueError(f'expected 8 numeric coordinates, got {fields[:8]}') from None
    return quad, fields[8].strip('\r\n')


def read_icdar2015_words(path: Path) -> list[dict]:
    """Read the words of one ground-truth file.

    Raises:
        ValueError: If a line cannot be parsed. The message contains file and line.
    """
    words = []
    for number, line in read_lines(path):
        try:
            quad, text = parse_icdar2015_line(line)
            words.append(spotting_instance(quad, text, ignore=text == '###'))
        except ValueError as error:
            raise ValueError(f'{path}, line {number}: {error}') from None
    return words


ICDAR2015 = DatasetEntry(
    name='icdar2015',
    title='ICDAR 2015 Incidental Scene Text',
    task='textspotting',
    read_splits=read_icdar2015,
    layout="""
ch4_training_images[.zip]                          img_1.jpg ... img_1000.jpg
ch4_training_localization_transcription_gt[.zip]   gt_img_1.txt ...
ch4_test_images[.zip]                              img_1.jpg ... img_500.jpg
Challenge4_Test_Task1_GT[.zip]                     gt_img_1.txt ... (or Challenge4_Test_Task4_GT)
or, in MMOCR's layout, textdet_imgs/{train,test} and annotations/{train,test};
or, for one split, images/ and gt/
""",
    url='https://rrc.cvc.uab.es/?ch=4&com=downloads (after registration)',
    licence='CC BY 4.0, as MMOCR lists it; terms of the Robust Reading Competition',
    size='not stated by its owners',
    language='English (Latin script)',
    published={'train': SplitCounts(1000, 4468), 'test': SplitCounts(500, 2077)},
    wanted={
        'train': 'ch4_training_images and ch4_training_localization_transcription_gt',
        'test': 'ch4_test_images and Challenge4_Test_Task1_GT',
    },
)
