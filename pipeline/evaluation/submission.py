"""Readers of ICDAR ground truth and submissions: a folder or a zip of text files."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline.evaluation.words import Words
from pipeline.io.line_format import LineKind, ParsedLine, parse_line

GT_NAME = 'gt_img_([0-9]+).txt'
DET_NAME = 'res_img_([0-9]+).txt'
# Sets whose images have names instead of numbers use gt_NAME.txt and res_NAME.txt.
_OTHER_GT_NAME = r'gt_([^/]+)\.txt$'
_OTHER_DET_NAME = r'res_([^/]+)\.txt$'
# Annotation tools and other detectors write files without a prefix.
_PLAIN_NAME = r'(?!res_)([^/]+)\.txt$'
_BOM = '\ufeff'

LineParser = Callable[[str], ParsedLine]


class SubmissionError(ValueError):
    """A file that the reference script of the protocol rejects. The message contains its place."""


def read_gt(path: str | Path, kind: LineKind = 'quad') -> dict[str, Words]:
    """Read ICDAR ground truth.

    Args:
        path: Folder or zip with ``gt_img_N.txt`` files. Only if these are missing, ``gt_NAME.txt``
            files are read, and without those ``NAME.txt``. Files with other names are ignored.
        kind: Layout of the lines.

    Returns:
        Image number as text, or NAME -> words.

    Raises:
        SubmissionError: If there is no file, or a line is invalid.
    """
    files = (
        read_entries(path, GT_NAME)
        or read_entries(path, _OTHER_GT_NAME)
        or read_entries(path, _PLAIN_NAME)
    )
    if not files:
        raise SubmissionError(
            f'{path}: wanted files named gt_img_N.txt, gt_NAME.txt or NAME.txt, found none. '
            'clipter prepare-dataset own converts the files of annotation tools.'
        )
    return {key: parse_words(*file, lambda line: parse_line(line, kind)) for key, file in files}


def read_predictions(
    path: str | Path,
    gt: dict[str, Words],
    kind: LineKind = 'quad',
    with_confidence: bool = False,
) -> dict[str, Words]:
    """Read a submission. One invalid file or line rejects the whole submission.

    Args:
        path: Folder or zip that contains only ``res_img_N.txt`` files, or only ``res_NAME.txt``
            files if the images of the ground truth have names. These may all be without ``res_``.
            A folder may also contain PNG pictures.
        gt: Ground truth. Every prediction file must belong to one of its images.
        kind: Layout of the lines.
        with_confidence: Whether each line contains a confidence.

    Returns:
        Image number as text, or NAME -> words.

    Raises:
        SubmissionError: If the reference script rejects a file name, an image number or a line.
    """
    files = read_entries(path, _det_name(Path(path), gt), only=True)
    if not files and Path(path).is_dir() and any(Path(path).rglob('*.png')):
        raise SubmissionError(f'{path}: wanted files like res_img_N.txt, got only pictures.')
    for key, (source, _) in files:
        if key not in gt:
            raise SubmissionError(
                f'{source}: wanted predictions for images of the ground truth, '
                f'got image {key}, which it does not contain.'
            )
    return {
        key: parse_words(*file, lambda line: parse_line(line, kind, with_confidence))
        for key, file in files
    }


def _det_name(path: Path, gt: dict[str, Words]) -> str:
    """Pattern of the names of prediction files: the first that finds an image for each file."""
    numbered = all(key.isdigit() for key in gt)
    patterns = [*([DET_NAME] if numbered else []), _OTHER_DET_NAME, _PLAIN_NAME]
    names = [name for name, _ in list_files(path)]
    for pattern in patterns:
        found = [re.match(pattern, name) for name in names]
        if all(match and match[1] in gt for match in found):
            return pattern
    return patterns[0]


def read_entries(
    path: str | Path, name_pattern: str, only: bool = False
) -> list[tuple[str, tuple[str, bytes]]]:
    """Read the files in a folder or zip whose names match a pattern.

    Args:
        path: Folder or zip.
        name_pattern: Regular expression, anchored only at the start. Its group is the key.
        only: Whether a file with another name raises an error.

    Returns:
        (key, (name for messages, content)) of each file, in the order of the zip, or sorted by name
        for a folder. If two names give the same key, the later file replaces the earlier one.
    """
    path = Path(path)
    found = {}
    for name, read in list_files(path):
        match = re.match(name_pattern, name)
        if match:
            found[match[1]] = (f'{path.name}/{name}', read())
        elif only:
            raise SubmissionError(
                f'{path.name}/{name}: wanted file names like {_example(name_pattern)} and nothing '
                f'else, got {name!r}.'
            )
    return list(found.items())


def parse_words(source: str, content: bytes, parse: LineParser) -> Words:
    """Parse the words of one file.

    Bytes that are not UTF-8 become U+FFFD. A leading byte order mark, carriage returns and empty
    lines are removed.

    Raises:
        SubmissionError: If a line is invalid. The message contains the first invalid line.
    """
    parsed, where = [], []
    text = content.decode('utf-8', 'replace').removeprefix(_BOM)
    for number, line in enumerate(text.split('\n'), start=1):
        line = line.replace('\r', '')
        if not line:
            continue
        try:
            parsed.append(parse(line))
        except ValueError as error:
            raise SubmissionError(f'{source}, line {number}: {error}, got {line!r}.') from None
        where.append(f'{source}, line {number}')
    return Words(
        polygons=[word.polygon for word in parsed],
        texts=[word.text for word in parsed],
        confidences=[word.confidence for word in parsed if word.confidence is not None],
        lines=where,
    )


def list_files(path: Path) -> list[tuple[str, Callable[[], bytes]]]:
    """(name inside the folder or zip, function that reads the file) of each file.

    The pictures in a folder that ``clipter infer`` has written are left out.
    """
    if path.is_dir():
        inside = sorted(p for p in path.rglob('*') if p.is_file() and p.suffix != '.png')
        return [(p.relative_to(path).as_posix(), p.read_bytes) for p in inside]
    if not path.exists():
        raise SubmissionError(f'{path}: no such folder or zip archive.')
    try:
        with zipfile.ZipFile(path) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:
        raise SubmissionError(
            f'{path}: wanted a folder or a zip archive, got a file that is neither.'
        ) from None
    return [(name, partial(bytes, content)) for name, content in contents.items()]


def _example(name_pattern: str) -> str:
    simple = {DET_NAME: 'res_img_N.txt', _OTHER_DET_NAME: 'res_NAME.txt'}
    return simple.get(name_pattern, 'N.txt')
