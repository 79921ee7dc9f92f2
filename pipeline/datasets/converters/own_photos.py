"""Your own photos, annotated as in ICDAR 2015, or with LabelMe, PPOCRLabel or a COCO tool."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import MissingFiles, list_files, list_photos, photo_sample
from pipeline.datasets.converters.icdar2015 import read_icdar2015_words
from pipeline.datasets.converters.label_tools import (
    PhotoWords,
    read_coco,
    read_labelme,
    read_ppocrlabel,
)
from pipeline.datasets.converters.outlines import report_degenerate
from pipeline.datasets.converters.shifted_texts import report_shifted_texts
from pipeline.datasets.converters.split import DatasetSplit

_CROPS = ('textrecog', 'cut')  # Folders of crops, of prepare-dataset and of train --data.
_PPOCRLABEL = 'Label.txt'
_logger = logging.getLogger(__name__)


def read_own_photos(root: Path) -> list[DatasetSplit]:
    """Read the photos of a folder and of its subfolders, whichever tool has annotated them.

    Photos without annotations are left out, and their number is logged. If all words have the
    same text, such as ``word``, the annotations contain no transcripts, and the split is only for
    detection.

    Args:
        root: Folder with the photos and the annotations.

    Raises:
        MissingFiles: If photos or annotations are missing.
        ValueError: If a file is malformed, or the folder has annotations of several tools.
    """
    photos = [p for p in list_photos(root) if p.relative_to(root).parts[0] not in _CROPS]
    if not photos:
        raise MissingFiles([f'photos in {root}'])
    tools = _find_annotations(root, photos)
    if not tools:
        raise MissingFiles([f'annotations of the {len(photos)} photos in {root}'])
    if len(tools) > 1:
        raise ValueError(
            f'{root}: expected annotations of one tool, got {" and ".join(sorted(tools))}. Move '
            'the others to another folder.'
        )
    ((tool, read),) = tools.items()
    words = read()
    samples = [photo_sample(root, photo, words[photo]) for photo in photos if photo in words]
    if len(samples) < len(photos):
        _logger.warning(
            'warning: %s: %d of %d photos have no annotation of %s and are left out',
            root, len(photos) - len(samples), len(photos), tool,
        )  # fmt: skip
    report_degenerate(str(root), samples)
    report_shifted_texts(str(root), samples)
    return [DatasetSplit('', samples, has_text=_has_text(samples))]


def _find_annotations(
    root: Path, photos: list[Path]
) -> dict[str, Callable[[], Mapping[Path, PhotoWords]]]:
    """Readers of the annotations that the folder contains, by tool."""
    found: dict[str, Callable[[], Mapping[Path, PhotoWords]]] = {}
    labels = [path for path in list_files(root, '.txt') if path.name == _PPOCRLABEL]
    if labels:
        found['PPOCRLabel'] = lambda: read_ppocrlabel(labels, photos)
    by_stem: dict[str, list[Path]] = {}
    for photo in photos:
        by_stem.setdefault(photo.stem, []).append(photo)
    texts = {
        path: by_stem[stem]
        for path in list_files(root, '.txt')
        for stem in {path.stem, path.stem.removeprefix('gt_')}
        if stem in by_stem and path.name != _PPOCRLABEL
    }
    if texts:
        found['ICDAR'] = lambda: _read_icdar(texts)
    contents = {path: _read_json(path) for path in list_files(root, '.json')}
    coco = {path: content for path, content in contents.items() if _is_coco(content)}
    labelme = {
        path: content
        for path, content in contents.items()
        if isinstance(content, dict) and 'shapes' in content
    }
    if coco:
        found['COCO'] = lambda: read_coco(coco, photos)
    if labelme:
        found['LabelMe'] = lambda: read_labelme(labelme, photos)
    return found


def _read_icdar(texts: Mapping[Path, list[Path]]) -> dict[Path, PhotoWords]:
    words = {}
    for path, photos in texts.items():
        if len(photos) > 1:
            raise ValueError(f'{path} may belong to {photos[0]} or {photos[1]}: rename one of them')
        words[photos[0]] = read_icdar2015_words(path)
    return words


def _read_json(path: Path) -> Any:
    """The content of a JSON file, or None for files of other programs."""
    try:
        return json.loads(path.read_text(encoding='utf-8-sig'))
    except ValueError:
        return None


def _is_coco(content: Any) -> bool:
    return isinstance(content, dict) and {'images', 'annotations'} <= content.keys()


def _has_text(samples: list[dict]) -> bool:
    texts = [
        word['text']
        for sample in samples
        for word in sample['instances']
        if word['text'] and not word['ignore']
    ]
    return len(set(texts)) > 1 or len(texts) == 1


OWN_PHOTOS = DatasetEntry(
    name='own',
    title='Your own photos',
    task='textspotting',
    read_splits=read_own_photos,
    layout="""
photos in any subfolders, and one of
  gt_NAME.txt or NAME.txt per photo   ICDAR 2015: x1,y1,...,x4,y4,text; ### = illegible
  NAME.json per photo                 LabelMe: polygons or rectangles, the label is the text
  Label.txt                           PPOCRLabel
  one JSON file                       COCO: the text is attributes.text, text or utf8_string
""",
    url='your own annotation tool',
    licence='yours',
    size='any',
    language='any',
    published={},
    wanted={},
)
