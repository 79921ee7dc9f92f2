"""Readers of Total-Text ground truth and predictions, in their published layouts."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from pipeline.evaluation.polygon_lines import parse_polygon_line
from pipeline.evaluation.submission import (
    LineParser,
    SubmissionError,
    parse_words,
    read_entries,
)
from pipeline.evaluation.words import DONT_CARE, Words

_GT_NAME = r'(?:[^/]*[^0-9/])?([0-9]+)\.(?:txt|mat)$'
_DET_NAME = r'(?:[^/]*[^0-9/])?([0-9]+)\.txt$'
_PUBLISHED_LINE = re.compile(
    r'x:\s*\[\[(?P<x>[^\]]*)\]\],\s*y:\s*\[\[(?P<y>[^\]]*)\]\],\s*ornt:\s*\[(?P<ornt>.*?)\],'
    r'\s*transcriptions:\s*\[(?P<text>.*)\]\s*$'
)


def read_totaltext_gt(path: str | Path) -> dict[str, Words]:
    """Read ground truth.

    A file is an evaluation list (see :func:`parse_polygon_line`) or a published annotation:
    ``poly_gt_imgN.mat``, or text with ``x: [[...]], y: [[...]], ornt: [...], transcriptions:
    [...]``. Published words with the text ``#`` or the orientation ``#`` are don't-care.

    Args:
        path: Folder or zip.

    Returns:
        Image number, spelled as in the file name -> words.

    Raises:
        SubmissionError: If there is no file, or a file is invalid.
    """
    files = read_entries(path, _GT_NAME)
    if not files:
        raise SubmissionError(f'{path}: wanted files named after image numbers, found none.')
    return {key: _parse_gt(*file) for key, file in files}


def read_totaltext_predictions(
    path: str | Path, gt: dict[str, Words], with_confidence: bool = False
) -> dict[str, Words]:
    """Read predictions that are polygons; see :func:`read_numbered_predictions`.

    Args:
        path: Folder or zip.
        gt: Ground truth.
        with_confidence: Whether each line contains a confidence.
    """
    return read_numbered_predictions(
        path, gt, lambda line: parse_polygon_line(line, with_confidence)
    )


def read_numbered_predictions(
    path: str | Path, gt: dict[str, Words], parse: LineParser
) -> dict[str, Words]:
    """Read prediction files whose names end in the image number. Leading zeros do not matter.

    Args:
        path: Folder or zip.
        gt: Ground truth. Every prediction file must belong to one of its images.
        parse: Parser of a line.

    Returns:
        Image number, spelled as in ``gt`` -> words.

    Raises:
        SubmissionError: If a file name, an image number or a line is invalid.
    """
    spelling = {int(key): key for key in gt}
    words = {}
    for key, (source, content) in read_entries(path, _DET_NAME, only=True):
        if int(key) not in spelling:
            raise SubmissionError(
                f'{source}: wanted predictions for images of the ground truth, '
                f'got image {key}, which it does not contain.'
            )
        words[spelling[int(key)]] = parse_words(source, content, parse)
    return words


def _parse_gt(source: str, content: bytes) -> Words:
    if source.endswith('.mat'):
        return _parse_mat(source, content)
    if content.lstrip(b'\xef\xbb\xbf \r\n').startswith(b'x:'):
        return _parse_published_text(source, content.decode('utf-8', 'replace'))
    return parse_words(source, content, parse_polygon_line)


def _parse_mat(source: str, content: bytes) -> Words:
    try:
        matrix = loadmat(io.BytesIO(content))
        rows = matrix['polygt'] if 'polygt' in matrix else matrix['gt']
        words = [
            (_ring(row[1], row[3]), _first(row[4]), _first(row[5]) if len(row) > 5 else '')
            for row in rows
        ]
    except (MatReadError, KeyError, IndexError, TypeError, ValueError) as error:
        raise SubmissionError(
            f'{source}: wanted a MATLAB file with a table polygt of x, y, text and orientation, '
            f'got {error}.'
        ) from None
    return _words(source, words)


def _parse_published_text(source: str, text: str) -> Words:
    words = []
    # Long coordinate lists are wrapped over several lines. A new word begins at the next "x:".
    for number, record in enumerate(re.split(r'\n(?=\s*x:)', text.lstrip('\ufeff')), start=1):
        record = ' '.join(record.split())
        if not record:
            continue
        found = _PUBLISHED_LINE.match(record)
        try:
            if not found:
                raise ValueError
            ring = _ring(*(np.array(found[axis].split(), dtype=np.float64) for axis in 'xy'))
            words.append((ring, _literal(found['text']), _literal(found['ornt'])))
        except (ValueError, SyntaxError):
            raise SubmissionError(
                f'{source}, word {number}: wanted x: [[...]], y: [[...]], ornt: [...], '
                f'transcriptions: [...], got {record!r}.'
            ) from None
    return _words(source, words)


def _words(source: str, words: list[tuple[np.ndarray, str, str]]) -> Words:
    return Words(
        polygons=[polygon for polygon, _, _ in words],
        texts=[DONT_CARE if '#' in (text, orientation) else text for _, text, orientation in words],
        lines=[f'{source}, word {i + 1}' for i in range(len(words))],
    )


def _ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = np.ravel(x), np.ravel(y)
    if len(x) != len(y) or len(x) < 3:
        raise ValueError(f'{len(x)} x and {len(y)} y coordinates')
    return np.stack([x, y], axis=1).astype(np.float32).astype(np.float64)


def _first(cell: np.ndarray) -> str:
    return str(np.ravel(cell)[0]) if np.size(cell) else ''


def _literal(text: str) -> str:
    return str(ast.literal_eval(text)) if text.strip() else ''
