"""Street View Text (Wang et al., ICCV 2011), as published."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from pipeline.datasets.converters.annotation_file import spotting_instance
from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import (
    MissingFiles,
    find_file,
    find_folder,
    photo_sample,
)
from pipeline.datasets.converters.icdar2015 import read_icdar2015_words
from pipeline.datasets.converters.paired_folders import PairedFolders, read_paired_folders
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts

_FOLDERS = ('.', 'svt1', 'svt/svt1', 'svt', 'annotations')
_QUADS = PairedFolders('', ('images',), ('gt',))


def read_svt(root: Path) -> list[DatasetSplit]:
    """Read every split under ``root``.

    Only names of businesses are annotated, in upper case. Each image has a lexicon.

    Args:
        root: Folder with ``svt1`` (or its content), or with ``images`` and ``gt`` of one split with
            quads in ICDAR 2015's format.

    Raises:
        MissingFiles: If no split is found, or if images of a split are missing.
        ValueError: If an XML file cannot be parsed. The message contains the file and the image.
    """
    if (root / _QUADS.photos[0]).is_dir() or (root / _QUADS.truths[0]).is_dir():
        return read_paired_folders(root, [_QUADS], read_icdar2015_words)
    find_folder(root, *_FOLDERS[1:])  # unpacks svt.zip if only the zip exists
    splits, missing = [], []
    for name in ('train', 'test'):
        path = find_file(root, *(f'{folder}/{name}.xml' for folder in _FOLDERS))
        if path is None:
            continue
        samples, lexicons, lost = _read_xml(root, path)
        missing += lost
        splits.append(DatasetSplit(name, samples, lexicons=lexicons))
    if not splits:
        missing = [f'{root / "svt1" / name}.xml' for name in ('train', 'test')]
    if missing:
        raise MissingFiles(missing)
    return splits


def _read_xml(root: Path, path: Path) -> tuple[list[dict], dict[str, list[str]], list[str]]:
    """Samples, lexicons by image stem, and descriptions of missing images."""
    try:
        images = ElementTree.parse(path).getroot().findall('image')
    except ElementTree.ParseError as error:
        raise ValueError(f'{path}: expected XML with image elements, got {error}') from None
    samples, lexicons, missing = [], {}, []
    for number, image in enumerate(images, start=1):
        name = (image.findtext('imageName') or '').strip()
        if not name:
            raise ValueError(f'{path}, image {number}: expected an imageName, got none')
        photo = find_file(path.parent, name) or find_file(root, name, f'textdet_imgs/{name}')
        if photo is None:
            missing.append(f'{path.parent / name} ({path.name}, image {number})')
            continue
        samples.append(photo_sample(root, photo, _read_words(f'{path}, {name}', image)))
        words = (image.findtext('lex') or '').split(',')
        lexicons[photo.stem] = list(dict.fromkeys(filter(None, (word.strip() for word in words))))
    return samples, lexicons, missing


def _read_words(where: str, image: ElementTree.Element) -> list[dict]:
    words = []
    for tagged in image.iter('taggedRectangle'):
        try:
            x, y, width, height = (float(tagged.attrib[k]) for k in ('x', 'y', 'width', 'height'))
        except (KeyError, ValueError):
            raise ValueError(
                f'{where}: expected a taggedRectangle with x, y, width and height, '
                f'got {tagged.attrib}'
            ) from None
        quad = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
        text = (tagged.findtext('tag') or '').strip()
        words.append(spotting_instance(np.array(quad), text, ignore=not text))
    return words


SVT = DatasetEntry(
    name='svt',
    title='Street View Text',
    task='textspotting',
    read_splits=read_svt,
    layout="""
svt1/img/         00_00.jpg ...
svt1/train.xml    taggedRectangles and lex of the training images
svt1/test.xml     the same of the test images
or svt.zip
or, for one split, images/ and gt/ with quads in ICDAR 2015's format
""",
    url='http://www.iapr-tc11.org/dataset/SVT/svt.zip (described at '
    'http://vision.ucsd.edu/~kai/svt/)',
    licence='no licence stated by its owners',
    size='not stated by its owners',
    language='English, upper case; only names of businesses are annotated',
    published={'train': SplitCounts(100, 257), 'test': SplitCounts(249, 647)},
    wanted={'train': 'svt1/train.xml and svt1/img', 'test': 'svt1/test.xml and svt1/img'},
    by_lexicon=True,
)
