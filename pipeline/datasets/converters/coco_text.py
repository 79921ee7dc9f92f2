"""COCO-Text V2.0 (Veit et al., arXiv 1601.07140), with its segmentation masks."""

from __future__ import annotations

import html
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

_LABELS = ('cocotext.v2.json', 'annotations/cocotext.v2.json', 'cocotext.v2/cocotext.v2.json')
_PHOTOS = ('train2014', 'images/train2014', 'imgs')
_SETS = ('train', 'val', 'test')


def read_coco_text(root: Path) -> list[DatasetSplit]:
    """Read every split that has annotations.

    Words that are illegible, not English or without text are ignored. Masks have an arbitrary start
    and direction, so the start of each word is estimated from its shape. HTML entities (``&amp;``)
    in texts are decoded and surrounding spaces removed. Instances keep ``language``, ``legibility``
    and ``class`` (machine printed, handwritten, others).

    Args:
        root: Folder with ``cocotext.v2.json`` and COCO's ``train2014``, which contains the images
            of all splits.

    Raises:
        MissingFiles: If the JSON file, the folder or an image is missing.
        ValueError: If the JSON file is malformed. The message contains the entry.
    """
    labels, folder = find_file(root, *_LABELS), find_folder(root, *_PHOTOS)
    if labels is None and find_folder(root, 'cocotext.v2') is not None:  # unpacked a zip
        labels = find_file(root, *_LABELS)
    if labels is None or folder is None:
        absent = ((labels, _LABELS[0]), (folder, _PHOTOS[0]))
        raise MissingFiles([str(root / name) for found, name in absent if found is None])
    photos = {path.name: path for path in list_photos(folder)}
    by_set, missing = read_coco_text_json(root, labels, photos, _read_word)
    if missing:
        raise MissingFiles([f'{folder / name} (named in {labels.name})' for name in missing])
    if unknown := sorted(set(by_set) - set(_SETS)):
        raise ValueError(f'{labels}: expected images of the sets {_SETS}, got {unknown}')
    for samples in by_set.values():
        report_degenerate(str(labels), samples)
    return [DatasetSplit(name, by_set[name]) for name in _SETS if name in by_set]


def _read_word(annotation: dict[str, Any], where: str) -> dict:
    text = html.unescape(str(annotation.get('utf8_string') or '')).strip()
    legibility = get_field(annotation, 'legibility', str, where)
    language = get_field(annotation, 'language', str, where)
    points = parse_outline(get_field(annotation, 'mask', list, where), f'{where}, mask')
    return {
        **outline_instance(
            points,
            text,
            ignore=legibility != 'legible' or language != 'english',
            start_is_known=False,
        ),
        'language': language,
        'legibility': legibility,
        'class': get_field(annotation, 'class', str, where),
    }


COCO_TEXT = DatasetEntry(
    name='coco-text',
    title='COCO-Text V2.0',
    task='textspotting',
    read_splits=read_coco_text,
    layout="""
cocotext.v2.json    annotations of all sets (or cocotext.v2.zip as it is)
train2014[.zip]     COCO_train2014_000000000009.jpg ... (COCO's training images of 2014)
The test set has no public annotations and is left out.
""",
    url='https://bgshih.github.io/cocotext (annotations), https://cocodataset.org (images)',
    licence='CC BY 4.0 (annotations); images under the Flickr terms that COCO states',
    size='13 GB of images, about 20 MB of annotations',
    language='English (Latin script); others are marked',
    published={'train': SplitCounts(photos=43686), 'val': SplitCounts(photos=10000)},
    wanted={
        'train': 'cocotext.v2.json and train2014',
        'val': 'cocotext.v2.json and train2014',
    },
)
