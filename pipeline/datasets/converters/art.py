"""ICDAR 2019 ArT: words of arbitrary shape (Chng et al., arXiv 1909.07145)."""

from __future__ import annotations

from pathlib import Path

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.rrc_json import read_rrc_json
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts


def read_art(root: Path) -> list[DatasetSplit]:
    """Read ``train`` from ``train_images`` and ``train_labels.json``.

    See :func:`read_rrc_json` for the conversion of words. Instances keep ``language`` (Latin or
    Chinese). ArT contains the images of Total-Text and CTW1500, including their test sets. Do not
    evaluate a model trained on ArT on these test sets.

    Raises:
        MissingFiles: If the JSON file, the folder or an image is missing.
        ValueError: If the JSON file is malformed. The message contains the entry.
    """
    return read_rrc_json(root, 'train_labels.json', ['train_images'])


ART = DatasetEntry(
    name='art',
    title='ICDAR 2019 Arbitrary-Shaped Text (ArT)',
    task='textspotting',
    read_splits=read_art,
    layout="""
train_images/         gt_0.jpg ... gt_5602.jpg (from train_images.tar.gz of tasks 1 and 3)
train_labels.json     words of tasks 1 and 3
The test set has no public annotations and is left out.
""",
    url='https://rrc.cvc.uab.es/?ch=14&com=downloads (after registration)',
    licence='no explicit licence; non-commercial use, as its authors told others',
    size='not stated',
    language='English words and Chinese lines',
    published={'train': SplitCounts(photos=5603)},
    wanted={'train': 'train_images and train_labels.json'},
)
