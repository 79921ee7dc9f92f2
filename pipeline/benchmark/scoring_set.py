"""A synthetic evaluation set: ground truth, predictions with errors, and a lexicon."""

from __future__ import annotations

import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.datasets.synthetic.words import WORD_FOLDER, load_words
from pipeline.io.submission_lines import quad_line
from pipeline.utils.misspelling import edit_word

_LETTERS = string.ascii_uppercase
_ENDINGS = ('S', 'ED', 'ING', 'ER', 'LY', 'NESS', 'MENT')
_BEGINNINGS = ('UN', 'RE', 'OUT', 'OVER')
_WORD_PX, _GAP_PX = (90, 28), (20, 14)


@dataclass(frozen=True)
class DrawnWord:
    """A word with its quad.

    Attributes:
        quad: (4, 2) pixels, clockwise.
        text: Text of the word.
    """

    quad: np.ndarray
    text: str


@dataclass(frozen=True)
class DrawnSet:
    """Image number -> gt words, image number -> predictions, and the lexicon in file order."""

    gt: dict[int, list[DrawnWord]]
    det: dict[int, list[DrawnWord]]
    lexicon: list[str]

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        """Write the files and return the paths of ground truth, predictions and lexicon."""
        gt, det, lexicon = folder / 'gt', folder / 'pred', folder / 'lexicon.txt'
        for words_of, where, name in ((self.gt, gt, 'gt_img'), (self.det, det, 'res_img')):
            where.mkdir(parents=True)
            for number, words in words_of.items():
                lines = ''.join(quad_line(word.quad, word.text) + '\n' for word in words)
                (where / f'{name}_{number}.txt').write_text(lines, encoding='utf-8')
        lexicon.write_text('\n'.join(self.lexicon) + '\n', encoding='utf-8')
        return gt, det, lexicon


def draw_lexicon(size: int, rng: np.random.Generator) -> list[str]:
    """Draw a sorted lexicon of upper-case words of at least three letters and derived forms.

    With the derived forms, many words are only one or two edits apart, as in real word lists.

    Args:
        size: Number of words.
        rng: Random generator of the choice.

    Raises:
        ValueError: If ``size`` is larger than the number of available words.
    """
    base = [word.upper() for word in load_words(WORD_FOLDER / 'english.txt')]
    base = [word for word in base if len(word) >= 3 and word.isascii() and word.isalpha()]
    words = dict.fromkeys(rng.permutation(base).tolist())
    forms = [(first, last) for first in ('', *_BEGINNINGS) for last in ('', *_ENDINGS)]
    for first, last in forms[1:]:
        if len(words) >= size:
            break
        words |= dict.fromkeys(first + word + last for word in base)
    if len(words) < size:
        raise ValueError(f'wanted a lexicon of at most {len(words)} words, got {size}.')
    return sorted(list(words)[:size])


def draw_set(
    photos: int,
    words: int,
    lexicon_size: int,
    misspelled: float,
    rng: np.random.Generator,
) -> DrawnSet:
    """Draw a set of ground truth and predictions with errors.

    One gt word in eight is don't-care. One gt word in twenty is missed, and a spurious word is
    predicted elsewhere instead. Corners are shifted by up to two pixels. All gt texts are in the
    lexicon. A share of the predictions is misspelled; see :func:`misspell`.

    Args:
        photos: Number of images.
        words: gt words per image.
        lexicon_size: Number of words in the lexicon.
        misspelled: Share of predictions that are not in the lexicon.
        rng: Random generator of the whole set.
    """
    lexicon = draw_lexicon(lexicon_size, rng)
    known = set(lexicon)
    gt: dict[int, list[DrawnWord]] = {}
    det: dict[int, list[DrawnWord]] = {}
    for number in range(1, photos + 1):
        gt[number], det[number] = [], []
        for place in range(words):
            quad, text = _quad_at(place), _draw_word(lexicon, rng)
            gt[number].append(DrawnWord(quad, '###' if rng.random() < 1 / 8 else text))
            if rng.random() < 1 / 20:  # A spurious word instead.
                quad, text = _quad_at(words + place), _draw_word(lexicon, rng)
            read = misspell(text, known, rng) if rng.random() < misspelled else text
            det[number].append(DrawnWord(quad + rng.integers(-2, 3, quad.shape), read))
    return DrawnSet(gt, det, lexicon)


def misspell(word: str, known: Collection[str], rng: np.random.Generator) -> str:
    """Misspell a word by one, two or three edits, drawn with probability 1/2, 1/3 and 1/6.

    The edits are repeated until the result is not in ``known``.
    """
    edits = int(rng.choice([1, 2, 3], p=[1 / 2, 1 / 3, 1 / 6]))
    text = word
    while True:
        for _ in range(edits):
            text = edit_word(text, _LETTERS, rng) or text
        if text not in known:
            return text


def mean_length(words: Sequence[str]) -> float:
    """Mean number of letters per word."""
    return sum(map(len, words)) / max(len(words), 1)


def _draw_word(lexicon: Sequence[str], rng: np.random.Generator) -> str:
    return lexicon[int(rng.integers(len(lexicon)))]


def _quad_at(place: int) -> np.ndarray:
    """Quad of a cell of a grid with ten columns and gaps between the cells."""
    width, height = _WORD_PX
    x = 10 + place % 10 * (width + _GAP_PX[0])
    y = 10 + place // 10 * (height + _GAP_PX[1])
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], dtype=float)
