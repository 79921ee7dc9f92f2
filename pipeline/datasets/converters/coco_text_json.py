"""The JSON format of COCO-Text V2 and TextOCR: ``imgs``, ``anns`` and ``imgToAnns``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.datasets.converters.json_file import check_kind, describe, get_field, read_json_object
from pipeline.utils.natural_sort import natural_key

_logger = logging.getLogger(__name__)


def read_coco_text_json(
    root: Path,
    path: Path,
    photos: Mapping[str, Path],
    read_word: Callable[[dict[str, Any], str], dict],
) -> tuple[dict[str, list[dict]], list[str]]:
    """Read the images of a file in the order of their names, with their words.

    Image sizes are taken from the file, so no image is opened. Sets without any annotation (test
    sets without public ground truth) are skipped. Annotations without an image are counted in the
    log.

    Args:
        root: Folder of the data set; ``img_path`` is relative to it.
        path: Path of the JSON file.
        photos: Paths of the existing images, by file name.
        read_word: Function that converts an entry of ``anns`` to an instance. Its second argument
            names the entry in error messages.

    Returns:
        Samples by ``set``, and the names of missing images.

    Raises:
        ValueError: If the file or an entry is malformed. The message contains the entry.
    """
    content = read_json_object(path)
    images = get_field(content, 'imgs', dict, str(path))
    annotations = get_field(content, 'anns', dict, str(path))
    words_of = get_field(content, 'imgToAnns', dict, str(path))
    entries = []
    for key, image in images.items():
        where = f'{path}, imgs[{key!r}]'
        name = get_field(check_kind(image, dict, where), 'file_name', str, where)
        entries.append((name, key, get_field(image, 'set', str, where)))
    annotated = {group for _, key, group in entries if words_of.get(key)}
    if not annotated:
        raise ValueError(f'{path}: expected images with annotations, got none')
    samples: dict[str, list[dict]] = {}
    missing, read = [], 0
    for name, key, group in sorted(entries, key=lambda entry: natural_key(entry[0])):
        if group not in annotated:
            continue
        ids = check_kind(words_of.get(key, []), list, f'{path}, imgToAnns[{key!r}]')
        read += len(ids)
        photo = photos.get(name.rpartition('/')[2])
        if photo is None:
            missing.append(name)
            continue
        instances = []
        for word_id in map(str, ids):
            where = f'{path}, anns[{word_id!r}]'
            if word_id not in annotations:
                raise ValueError(f'{where}: not found, but imgToAnns[{key!r}] refers to it')
            instances.append(read_word(check_kind(annotations[word_id], dict, where), where))
        sample = {
            'img_path': photo.relative_to(root).as_posix(),
            'height': _size(images[key], 'height', f'{path}, imgs[{key!r}]'),
            'width': _size(images[key], 'width', f'{path}, imgs[{key!r}]'),
            'instances': instances,
        }
        samples.setdefault(group, []).append(sample)
    if read < len(annotations):
        _logger.warning(
            '%s: %d of %d annotations have no image in the file and are skipped',
            path, len(annotations) - read, len(annotations),
        )  # fmt: skip
    return samples, missing


def _size(image: dict[str, Any], key: str, where: str) -> int:
    value = image.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise ValueError(f'{where}, {key!r}: expected a size in pixels, got {describe(value)}')
    return int(value)
