"""How likely letters follow each other in words."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from unicodedata import normalize

import numpy as np

from pipeline.registry import TASK_UTILS

from .word_list import ENGLISH_WORDS, read_word_list

_EDGE = 0  # stands before a word and behind it; a..z are 1..26
_SYMBOLS = 27
_BITS = 5
_OTHERS = re.compile('[^a-z]+')
_ONE_OF_MANY = math.log(1 / 68)  # printable ASCII that is no letter, case aside, and all letters


@TASK_UTILS.register_module()
class LetterNgrams:
    """An n-gram model of the letters of words, with Witten-Bell smoothing.

    Each order gives way to the one below by as much as its context has been followed by new
    letters (Witten & Bell, IEEE Trans. Information Theory 1991). Case plays no part. Digits and
    symbols are all alike, and what stands between them are words: ``24HRS`` is two characters
    and the word ``hrs``.

    Reading one character goes from a state to another; a state stands for the letters before, as
    far as the model has seen them together. ``start`` is the state before a word.

    Args:
        words: Word lists (see :func:`read_word_list`), ``'english'`` for the one that this package
            ships, or words with their weights. Of each word the letters a to z count; words
            without any are passed over.
        order: Letters that are looked at together, the last of which is to be told.
        surprise: Share of the probability that every letter has alike, whatever came before:
            names that no list knows are made of letters too.

    Raises:
        FileNotFoundError: If a word list is missing.
        ValueError: If one cannot be read, no word has a letter, the order is not in 2..8, or
            ``surprise`` not in (0, 1].
    """

    start = 1 << _BITS | _EDGE

    def __init__(
        self,
        words: Sequence[str | os.PathLike[str]] | Mapping[str, float] = ('english',),
        order: int = 6,
        surprise: float = 0.05,
    ) -> None:
        if not 2 <= order <= 8:
            raise ValueError(f'order must lie in 2..8, got {order}.')
        if not 0 < surprise <= 1:
            raise ValueError(f'surprise must lie in (0, 1], got {surprise}.')
        self.order = order
        self._rows, probs = _count(_gather(words), order)
        self._log_probs = np.log((1 - surprise) * probs + surprise / _SYMBOLS)  # (rows, 27)

    def advance(self, state: int, letter: int) -> tuple[float, int]:
        """Read one more character.

        Args:
            state: The state before it.
            letter: 0 to 25 for a to z in either case, -1 for a digit or symbol.

        Returns:
            The natural logarithm of the character's probability, and the state behind it.
        """
        if letter < 0:
            return self.finish(state) + _ONE_OF_MANY, self.start
        log_prob = float(self._log_probs[self._rows[state], letter + 1])
        longest = 1 << _BITS * (self.order - 1)
        state = state << _BITS | letter + 1
        if state >= longest << _BITS:
            state = _drop_first(state)
        while state not in self._rows:
            state = _drop_first(state)
        return log_prob, state

    def finish(self, state: int) -> float:
        """Log probability that the word ends here; 0 where none has begun."""
        return 0.0 if state == self.start else float(self._log_probs[self._rows[state], _EDGE])

    def log_prob(self, text: str) -> float:
        """Log probability of a whole text."""
        total, state = 0.0, self.start
        for char in text:
            log_prob, state = self.advance(state, letter_index(char))
            total += log_prob
        return total + self.finish(state)


def letter_index(char: str) -> int:
    """0 to 25 for a to z in either case, -1 for anything else."""
    return ord(char.lower()) - ord('a') if char.isascii() and char.isalpha() else -1


def _gather(words: Sequence[str | os.PathLike[str]] | Mapping[str, float]) -> dict[str, float]:
    """Words, spelled in small letters alone, and their weights."""
    if isinstance(words, str):
        raise ValueError(f'words must be several lists, got one string; pass [{words!r}].')
    lists = [words] if isinstance(words, Mapping) else [_read(path) for path in words]
    weights: dict[str, float] = {}
    for word, weight in (entry for some in lists for entry in some.items()):
        # Accents come off: of 'cafe' with one the letters are c, a, f, e.
        word = _OTHERS.sub('', normalize('NFKD', word.casefold()))
        weights[word] = weights.get(word, 0.0) + weight
    weights.pop('', None)
    if not weights:
        raise ValueError('wanted words with letters a to z, got none; name another word list.')
    return weights


def _read(path: str | os.PathLike[str]) -> dict[str, float]:
    return read_word_list(ENGLISH_WORDS if path == 'english' else path)


def _drop_first(state: int) -> int:
    """The state without the first of its letters; a leading one bit tells how many there are."""
    below = 1 << state.bit_length() - 1 - _BITS
    return state & below - 1 | below


def _count(words: Mapping[str, float], order: int) -> tuple[dict[int, int], np.ndarray]:
    """Rows of contexts, and what follows them: (rows, 27) probabilities, the edge's first."""
    # An edge before the first word, and one behind each, which its word's weight counts for too.
    text = '\0'.join(['', *words, '']).encode()
    symbols = np.frombuffer(text, np.uint8).astype(np.int64) % 32  # a is 97
    lengths = [1, *(len(word) + 1 for word in words)]
    weights = np.repeat(np.array([0.0, *words.values()]), lengths)
    rows: dict[int, int] = {}
    tables: list[np.ndarray] = []
    contexts = np.ones(len(symbols), dtype=np.int64)  # of each symbol, those before it
    found = np.zeros(0, dtype=np.int64)
    ends = np.arange(1, len(symbols))
    for length in range(order):
        if length:
            ends = ends[ends >= length]
            # A context may begin with an edge, and has none further in.
            ends = ends[symbols[ends - length + 1] != _EDGE] if length > 1 else ends
            # One letter more in front: the leading one bit moves up by a letter.
            one = 1 << _BITS * (length - 1)
            contexts[ends] += (symbols[ends - length] + (1 << _BITS) - 1) * one
        shorter, (found, index) = found, np.unique(contexts[ends], return_inverse=True)
        cells = np.bincount(
            index * _SYMBOLS + symbols[ends], weights[ends], len(found) * _SYMBOLS
        ).reshape(-1, _SYMBOLS)
        kinds = (cells > 0).sum(1, keepdims=True)
        below = np.full((1, _SYMBOLS), 1 / _SYMBOLS)
        if length:
            below = tables[-1][np.searchsorted(shorter, found & one - 1 | one)]
        tables.append((cells + kinds * below) / (cells.sum(1, keepdims=True) + kinds))
        rows.update(zip(found.tolist(), range(len(rows), len(rows) + len(found))))
    return rows, np.concatenate(tables).astype(np.float32)
