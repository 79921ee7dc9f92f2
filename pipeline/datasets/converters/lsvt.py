"""ICDAR 2019 LSVT: Chinese street view text, the fully annotated part."""

from __future__ import annotations

from pathlib import Path

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.rrc_json import read_rrc_json
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts


def read_lsvt(root: Path) -> list[DatasetSplit]:
    """Read ``train`` from ``train_full_images_0``, ``_1`` and ``train_full_labels.json``.

    See :func:`read_rrc_json` for the conversion of words. The 400,000 images with weak labels have
    no positions and are not read.

    Raises:
        MissingFiles: If the JSON file, a folder or an image is missing.
        ValueError: If the JSON file is malformed. The message contains the entry.
    """
    folders = ['train_full_images_0', 'train_full_images_1']
    return read_rrc_json(root, 'train_full_labels.json', folders)


LSVT = DatasetEntry(
    name='lsvt',
    title='ICDAR 2019 Large-scale Street View Text (LSVT), full annotations',
    task='textspotting',
    read_splits=read_lsvt,
    layout="""
train_full_images_0/       gt_0.jpg ... (from train_full_images_0.tar.gz)
train_full_images_1/       ... gt_29999.jpg (from train_full_images_1.tar.gz)
train_full_labels.json     words of both
The test set has no public annotations and is left out; weak labels have no positions.
""",
    url='https://rrc.cvc.uab.es/?ch=16&com=downloads (after registration)',
    licence='no explicit licence; non-commercial use, as its authors told others',
    size='not stated',
    language='Chinese, some English, in lines',
    published={'train': SplitCounts(photos=30000)},
    wanted={'train': 'train_full_images_0, train_full_images_1 and train_full_labels.json'},
)
