"""TextOCR v0.1 (Singh et al., CVPR 2021): words in the OpenImages images of TextVQA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.datasets.converters.coco_text_json import read_coco_text_json
from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import MissingFiles, find_file, find_folder, list_photos
from pipeline.datasets.converters.json_file import get_field
from pipeline.datasets.converters.outlines import (
    outline_instance,
    parse_outline,
    report_degenerate,
)
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts

_LABELS = {'train': 'TextOCR_0.1_train.json', 'val': 'TextOCR_0.1_val.json'}
_PHOTOS = ('train_images', 'train_val_images', 'train', 'imgs')


def read_textocr(root: Path) -> list[DatasetSplit]:
    """Read the splits whose JSON files exist.

    The text ``.`` marks a word that is illegible or not English; it is ignored. Outlines are
    clockwise from the word's top-left and not changed.

    Args:
        root: Folder with ``TextOCR_0.1_train.json`` or ``TextOCR_0.1_val.json`` and the images of
            both in ``train_images``.

    Raises:
        MissingFiles: If both JSON files, the folder or an image is missing.
        ValueError: If a JSON file is malformed. The message contains the entry.
    """
    labels = {
        split: found
        for split, name in _LABELS.items()
        if (found := find_file(root, name, f'annotations/{name}'))
    }
    folder = find_folder(root, *_PHOTOS)
    if not labels or folder is None:
        absent = [] if labels else [f'{root / name}' for name in _LABELS.values()]
        raise MissingFiles([*absent, *([] if folder else [f'{root / _PHOTOS[0]} (images)'])])
    photos = {path.name: path for path in list_photos(folder)}
    splits, missing = [], []
    for split, path in labels.items():
        by_set, absent = read_coco_text_json(root, path, photos, _read_word)
        missing += [f'{folder}/{Path(name).name} (named in {path.name})' for name in absent]
        samples = [sample for group in by_set.values() for sample in group]
        report_degenerate(str(path), samples)
        splits.append(DatasetSplit(split, samples))
    if missing:
        raise MissingFiles(missing)
    return splits


def _read_word(annotation: dict[str, Any], where: str) -> dict:
    text = get_field(annotation, 'utf8_string', str, where)
    points = parse_outline(get_field(annotation, 'points', list, where), f'{where}, points')
    return outline_instance(points, text, ignore=text == '.')


TEXTOCR = DatasetEntry(
    name='textocr',
    title='TextOCR v0.1',
    task='textspotting',
    read_splits=read_textocr,
    layout="""
TextOCR_0.1_train.json       annotations
TextOCR_0.1_val.json
train_images/                images of both, 0000599864fd15b3.jpg ... (from train_val_images.zip)
The test set has no public annotations and is left out.
""",
    url='https://textvqa.org/textocr/dataset',
    licence='CC BY 4.0',
    size='6.6 GB of images, 272 MB + 39 MB of annotations',
    language='English (Latin script)',
    published={'train': SplitCounts(photos=21778), 'val': SplitCounts(photos=3124)},
    wanted={
        'train': 'TextOCR_0.1_train.json and train_images',
        'val': 'TextOCR_0.1_val.json and train_images',
    },
)
