"""A made-up evaluation set of any size: ground truth, predictions with errors, and a lexicon."""

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
    """A word at a quad.

    Attributes:
        quad: (4, 2) pixels, clockwise.
        text: Its transcript.
    """

    quad: np.ndarray
    text: str


@dataclass(frozen=True)
class DrawnSet:
    """Photo number -> words, and the lexicon in file order."""

    gt: dict[int, list[DrawnWord]]
    det: dict[int, list[DrawnWord]]
    lexicon: list[str]

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        """Write the files of a submission; returns those of gold, predictions and lexicon."""
        gt, det, lexicon = folder / 'gt', folder / 'pred', folder / 'lexicon.txt'
        for words_of, where, name in ((self.gt, gt, 'gt_img'), (self.det, det, 'res_img')):
            where.mkdir(parents=True)
            for number, words in words_of.items():
                lines = ''.join(quad_line(word.quad, word.text) + '\n' for word in words)
                (where / f'{name}_{number}.txt').write_text(lines, encoding='utf-8')
        lexicon.write_text('\n'.join(self.lexicon) + '\n', encoding='utf-8')
        return gt, det, lexicon


def draw_lexicon(size: int, rng: np.random.Generator) -> list[str]:
    """Words and their derived forms, upper case, three letters or more, sorted.

    Derived forms make neighbours one or two edits apart, as word lists have them.

    Args:
        size: How many words.
        rng: Chooses which.
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
    """Draw photos full of words, as a reader with faults would report them.

    One gt word in eight is illegible; one in twenty is not found, and something is found where
    there is none. Corners are off by up to two pixels. All gt words are in the lexicon; of the
    predictions a share is misspelled by one, two or three edits (three, two and one in six).

    Args:
        photos: How many photos.
        words: gt words a photo.
        lexicon_size: How many words the lexicon has.
        misspelled: Share of predictions that are not in the lexicon.
        rng: Draws everything.
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
            if rng.random() < 1 / 20:  # found elsewhere, where there is nothing to find
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
    """Letters a word."""
    return sum(map(len, words)) / max(len(words), 1)


def _draw_word(lexicon: Sequence[str], rng: np.random.Generator) -> str:
    return lexicon[int(rng.integers(len(lexicon)))]


def _quad_at(place: int) -> np.ndarray:
    """The ``place``-th cell of a grid, ten cells wide, with a gap to the next."""
    width, height = _WORD_PX
    x = 10 + place % 10 * (width + _GAP_PX[0])
    y = 10 + place // 10 * (height + _GAP_PX[1])
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], dtype=float)
