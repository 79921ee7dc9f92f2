"""Phrases from word lists, for scripts that the built-in generator does not write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.datasets.synthetic.words import WORD_FOLDER, WordSource, load_words

LISTS = ('chinese', 'japanese')
"""Names of the word lists of signs in this package."""


class ListedWords(WordSource):
    """Draws phrases of one or two words, each from the given words, unchanged.

    Args:
        words: Words, each without spaces.

    Raises:
        ValueError: If the list is empty.
    """

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        if not words:
            raise ValueError('wanted at least one word, got an empty list.')
        self.words = list(words)

    @staticmethod
    def of_files(names: Sequence[str]) -> ListedWords:
        """The words of files with one word per line, or of lists in ``LISTS``.

        Raises:
            FileNotFoundError: If a file is missing.
        """
        paths = [WORD_FOLDER / f'{name}.txt' if name in LISTS else Path(name) for name in names]
        for path in paths:
            if not path.is_file():
                raise FileNotFoundError(
                    f'no word list {path}: wanted a file, or {" or ".join(LISTS)}.'
                )
        return ListedWords([word for path in paths for word in load_words(path)])

    def draw(self, rng: np.random.Generator, case: str = 'natural') -> list[str]:
        """Draw the words of one phrase; ``case`` is ignored."""
        return [self._pick(rng, self.words) for _ in range(1 + (rng.random() < 0.3))]
