"""The JSON format of ArT and LSVT: a list of words for each image ``gt_N``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.converters.files import (
    MissingFiles,
    find_file,
    find_folder,
    list_photos,
    photo_sample,
)
from pipeline.datasets.converters.json_file import (
    check_kind,
    describe,
    get_field,
    read_json_object,
)
from pipeline.datasets.converters.outlines import (
    outline_instance,
    parse_outline,
    report_degenerate,
)
from pipeline.datasets.converters.split import DatasetSplit
from pipeline.utils.natural_sort import natural_key

_ILLEGIBLE = '###'


def read_rrc_json(
    root: Path, labels_name: str, photo_folders: Sequence[str], other_folder: str = 'imgs'
) -> list[DatasetSplit]:
    """Read the ``train`` split of ``{"gt_N": [{"points", "transcription", "illegibility"}]}``.

    Words with ``illegibility`` or the text ``###`` are ignored. Points are clockwise from the
    word's top-left and not changed. ``language`` is kept if it exists. Image sizes are read from
    the image files, because the JSON has none.

    Args:
        root: Folder of the data set.
        labels_name: Name of the JSON file in ``root`` or ``root/annotations``.
        photo_folders: All folders that contain images.
        other_folder: Alternative folder that contains all images.

    Raises:
        MissingFiles: If the JSON file, a folder or an image is missing.
        ValueError: If the JSON file is malformed. The message contains the entry.
    """
    labels = find_file(root, labels_name, f'annotations/{labels_name}')
    other = find_folder(root, other_folder)
    folders = [other] if other else [find_folder(root, name) for name in photo_folders]
    missing = [] if labels else [f'{root / labels_name} (words)']
    missing += [
        _absent_folder(root, name)
        for name, folder in zip(photo_folders, folders, strict=False)
        if folder is None
    ]
    if missing or labels is None:
        raise MissingFiles(missing)
    photos = {path.stem: path for folder in folders if folder for path in list_photos(folder)}
    content = read_json_object(labels)
    missing = [
        f'{root / photo_folders[0]}/{key}.jpg (named in {labels.name})'
        for key in content
        if key not in photos
    ]
    if missing:
        raise MissingFiles(missing)
    samples = []
    for key in sorted(content, key=natural_key):
        where = f'{labels}, {key!r}'
        words = check_kind(content[key], list, where)
        instances = [_read_word(word, f'{where}[{i}]') for i, word in enumerate(words)]
        samples.append(photo_sample(root, photos[key], instances))
    report_degenerate(str(labels), samples)
    return [DatasetSplit('train', samples)]


def _read_word(entry: Any, where: str) -> dict:
    word = check_kind(entry, dict, where)
    text = get_field(word, 'transcription', str, where)
    illegible = word.get('illegibility')
    if illegible not in (True, False):  # 0 and 1 are accepted
        raise ValueError(
            f"{where}, 'illegibility': expected true or false, got {describe(illegible)}"
        )
    points = parse_outline(get_field(word, 'points', list, where), f'{where}, points')
    instance = outline_instance(points, text, ignore=bool(illegible) or text == _ILLEGIBLE)
    if 'language' in word:
        instance['language'] = get_field(word, 'language', str, where)
    return instance


def _absent_folder(root: Path, name: str) -> str:
    archive = root / f'{name}.tar.gz'
    hint = f'unpack {archive.name}' if archive.is_file() else 'images'
    return f'{root / name} ({hint})'
