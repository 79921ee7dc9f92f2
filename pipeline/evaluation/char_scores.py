"""Files with the class scores of every predicted character, for the weighted edit distance."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.evaluation.image_names import image_key, plain_key
from pipeline.evaluation.submission import SubmissionError, list_files
from pipeline.evaluation.weighted_edit_distance import fold_case


@dataclass(frozen=True)
class CharScores:
    """Character scores of the predictions of one image, with the two cases of a letter joined.

    Attributes:
        words: One (C, T) array per prediction, in file order: the score of every class at each of
            the T characters of the text.
        row_of: Upper-case character -> its row, 0 <= row < C.
    """

    words: Sequence[np.ndarray]
    row_of: Mapping[str, int]


def read_char_scores(path: str | Path) -> Callable[[str], CharScores]:
    """Read character scores, one ``res_img_N.npz`` per prediction file ``res_img_N.txt``.

    An archive contains ``characters``, a string of C characters that names the rows, and one (C, T)
    array per line of the prediction file: ``word_0``, ``word_1``, ...

    Args:
        path: Folder or zip of the archives.

    Returns:
        A function from image name to its scores.

    Raises:
        SubmissionError: If there is no archive, or an archive lacks an array. The returned function
            raises it if an image has no archive.
    """
    path = Path(path)
    files: dict[str, tuple[str, Callable[[], bytes]]] = {}
    for name, read in list_files(path):
        stem, _, suffix = name.rsplit('/', 1)[-1].rpartition('.')
        if suffix.lower() == 'npz':
            files[plain_key(image_key(stem.removeprefix('res_')))] = (name, read)
    if not files:
        raise SubmissionError(f'{path}: wanted files named res_img_N.npz, found none.')

    def scores_of(image: str) -> CharScores:
        if plain_key(image) not in files:
            raise SubmissionError(f'{path}: wanted character scores of image {image}, found none.')
        name, read = files[plain_key(image)]
        return _parse(f'{path.name}/{name}', read())

    return scores_of


def _parse(source: str, content: bytes) -> CharScores:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            characters = str(archive['characters'])
            arrays = [archive[f'word_{i}'] for i in range(len(archive.files) - 1)]
        rows = {character: row for row, character in enumerate(characters)}
        folded = [fold_case(scores, rows) for scores in arrays]
    except (OSError, ValueError, KeyError, IndexError, EOFError) as error:
        raise SubmissionError(
            f'{source}: wanted characters (a string of C characters) and word_0, word_1, ... of '
            f'shape (C, T), got {error}.'
        ) from None
    row_of = fold_case(np.zeros((len(rows), 0)), rows)[1] if rows else {}
    return CharScores([scores for scores, _ in folded], row_of)
