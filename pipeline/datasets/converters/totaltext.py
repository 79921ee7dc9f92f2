"""Total-Text (Ch'ng et al., IJDAR 2020), as published."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pipeline.datasets.converters.annotation_file import spotting_instance
from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import trailing_number
from pipeline.datasets.converters.paired_folders import PairedFolders, read_paired_folders
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts
from pipeline.evaluation.totaltext_files import read_totaltext_gt
from pipeline.evaluation.words import DONT_CARE

_PHOTOS = ('Images', 'totaltext/Images', 'totaltext', 'textdet_imgs')
_TRUTHS = (
    'Groundtruth/Polygon',
    'groundtruth_text/Groundtruth/Polygon',
    'groundtruth_text/Polygon',
    'Polygon',
    'txt_format',
    'txt_format/txt_format',
    'gt',
    'annotations',
)


def read_totaltext(root: Path) -> list[DatasetSplit]:
    """Read every split under ``root``.

    Polygons keep the published order, starting at the first character's top-left; counter-clockwise
    polygons are reversed. Words published as ``#``, in the text or as the orientation, and words
    without text are ignored. The text of words published as ``#`` becomes ``###``.

    Args:
        root: Folder with the published folders or zips: ``Images`` and the ground truth as ``.mat``
            (``Groundtruth/Polygon``) or text (``txt_format``).

    Raises:
        MissingFiles: If no split is found, or if images or ground truth of a split are missing.
        ValueError: If a ground-truth file cannot be parsed. The message contains file and word.
    """
    words_of = lru_cache(maxsize=2)(read_totaltext_gt)

    def read_words(path: Path) -> list[dict]:
        words = {int(number): words for number, words in words_of(path.parent).items()}
        found = words[int(trailing_number(path.stem))]
        return [
            spotting_instance(polygon, text, ignore=text in ('', DONT_CARE))
            for polygon, text in zip(found.polygons, found.texts, strict=True)
        ]

    layouts = [
        PairedFolders(
            split,
            [f'{folder}/{name}' for folder in _PHOTOS for name in (split.title(), split)],
            [f'{folder}/{name}' for folder in _TRUTHS for name in (split.title(), split)],
            ('.mat', '.txt'),
        )
        for split in ('train', 'test')
    ]
    return read_paired_folders(
        root, layouts, read_words, 'poly_gt_img{}', trailing_number, trailing_number
    )


TOTALTEXT = DatasetEntry(
    name='totaltext',
    title='Total-Text',
    task='textspotting',
    read_splits=read_totaltext,
    layout="""
Images/{Train,Test}/                img1.jpg ... (totaltext.zip)
Groundtruth/Polygon/{Train,Test}/   poly_gt_img1.mat ... (groundtruth_text.zip)
or, as text, txt_format/{Train,Test}/   poly_gt_img1.txt ... (txt_format.zip)
or the zips of these folders
""",
    url='https://github.com/cs-chan/Total-Text-Dataset',
    licence='non-commercial research only (DATASET_TERMS.md of its repository)',
    size='441 MB of images',
    language='English',
    published={'train': SplitCounts(1255), 'test': SplitCounts(300, 2215)},
    wanted={
        'train': 'Images/Train and Groundtruth/Polygon/Train (or txt_format/Train)',
        'test': 'Images/Test and Groundtruth/Polygon/Test (or txt_format/Test)',
    },
)
