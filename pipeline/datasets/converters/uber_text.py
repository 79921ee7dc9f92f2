"""Uber-Text (Zhang et al., Scene Understanding Workshop at CVPR 2017): street-level images."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import (
    MissingFiles,
    list_files,
    list_photos,
    pair_files,
    photo_sample,
    read_lines,
)
from pipeline.datasets.converters.outlines import (
    Point,
    outline_instance,
    parse_outline,
    report_degenerate,
)
from pipeline.datasets.converters.split import DatasetSplit

_SPLITS = ('train', 'val', 'test')
_SPLIT_IN_NAME = re.compile(
    r'(?:[14]Kx[14]K_)?(train|val|test)(?:ing|idation)?(?:_[14]Kx[14]K)?', re.IGNORECASE
)
_UNREADABLE = '*'  # Marks a word or a character that the annotators could not read.


def read_uber_text(root: Path) -> list[DatasetSplit]:
    """Read every split that is found, with the images of 1Kx1K and 4Kx4K.

    Words with a ``*``, which marks unreadable text, are ignored. Outlines have an arbitrary start
    and direction, so the start of each word is estimated from its shape. Instances keep the
    annotated type of text (``business_name``, ``street_number``, ...) as ``category``.

    Args:
        root: Folder with ``{train,val,test}/{1Kx1K,4Kx4K}``, ``1Kx1K/train``, ``train_1Kx1K`` and
            so on. An image and its ``truth_<image>.txt`` are in the same folder.

    Raises:
        MissingFiles: If no split is found, or if images or ground truth of a split are missing.
        ValueError: If a line cannot be parsed. The message contains file and line.
    """
    photos: dict[str, dict[str, Path]] = {split: {} for split in _SPLITS}
    truths: dict[str, dict[str, Path]] = {split: {} for split in _SPLITS}
    for folder in _image_folders(root):
        split = _split_of(folder.relative_to(root))
        if split is None:
            continue
        for path in list_photos(folder):
            photos[split][path.relative_to(root).with_suffix('').as_posix()] = path
        for path in list_files(folder, '.txt'):
            if path.name.startswith('truth_'):
                stem = path.stem.removeprefix('truth_')
                truths[split][path.relative_to(root).with_name(stem).as_posix()] = path
    splits, missing = [], []
    for split in _SPLITS:
        pairs, unpaired = pair_files(photos[split], truths[split], 'truth file of {}')
        missing += unpaired
        if pairs and not unpaired:
            splits.append(DatasetSplit(split, [_read_image(root, *pair) for pair in pairs]))
            report_degenerate(f'{root}, {split}', splits[-1].samples)
    if not splits and not missing:
        missing = [f'{root / split}/1Kx1K or {root / split}/4Kx4K' for split in _SPLITS]
    if missing:
        raise MissingFiles(missing)
    return splits


def parse_uber_text_line(line: str, where: str) -> tuple[list[Point], str, str]:
    """Parse ``x1 y1 x2 y2 ...<TAB>text<TAB>type`` to (points, text, type).

    Args:
        line: Line without line ending.
        where: File and line, for error messages.

    Raises:
        ValueError: If there are fewer than three fields or a coordinate is not a number.
    """
    fields = line.split('\t')
    if len(fields) < 3:
        raise ValueError(
            f'{where}: expected points, text and type separated by tabs, got {len(fields)} fields: '
            f'{line!r}'
        )
    try:
        numbers = [float(value) for value in fields[0].split()]
    except ValueError:
        raise ValueError(f'{where}: expected numeric points, got {fields[0]!r}') from None
    return parse_outline(numbers, where), '\t'.join(fields[1:-1]), fields[-1].strip()


def _image_folders(root: Path) -> list[Path]:
    """Folders under ``root`` whose path contains a split, without folders inside of these."""
    folders = sorted(path for path in root.rglob('*') if path.is_dir())
    named = [path for path in folders if _split_of(path.relative_to(root))]
    return [path for path in named if not any(outer in path.parents for outer in named)]


def _split_of(folder: Path) -> str | None:
    for part in folder.parts:
        if match := _SPLIT_IN_NAME.fullmatch(part):
            return match.group(1).lower()
    return None


def _read_image(root: Path, photo: Path, truth: Path) -> dict:
    instances = []
    for number, line in read_lines(truth):
        points, text, category = parse_uber_text_line(line, f'{truth}, line {number}')
        word = outline_instance(points, text, ignore=_UNREADABLE in text, start_is_known=False)
        instances.append({**word, 'category': category})
    return photo_sample(root, photo, instances)


UBER_TEXT = DatasetEntry(
    name='uber-text',
    title='Uber-Text',
    task='textspotting',
    read_splits=read_uber_text,
    layout="""
train/1Kx1K/    img_*.jpg with truth_img_*.txt beside each
train/4Kx4K/
val/1Kx1K/      and so on, for val and test; parts of the data set are enough
""",
    url='https://s3-us-west-2.amazonaws.com/uber-common-public/ubertext/index.html',
    licence='CC BY-SA 4.0',
    size='197 GB',
    language='English (Latin script), in lines',
    published={},
    wanted={
        'train': 'train/1Kx1K or train/4Kx4K',
        'val': 'val/1Kx1K or val/4Kx4K',
        'test': 'test/1Kx1K or test/4Kx4K',
    },
)
