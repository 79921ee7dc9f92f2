"""How likely letters follow each other in words."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from unicodedata import combining, normalize

import numpy as np

from pipeline.registry import TASK_UTILS

from .word_list import ENGLISH_WORDS, read_word_list

_EDGE = 0  # stands before a run of letters and behind it; a..z are 1..26
_SYMBOLS = 27
_BITS = 5
_OTHERS = re.compile('[^a-z]+')
# Of texts that begin: with a letter, with another character, or not at all.
_BEGINS_WITH_LETTER, _BEGINS_OTHERWISE, _IS_EMPTY = map(math.log, (0.8, 0.15, 0.05))
# Behind a run of letters the text ends, or another character follows.
_ENDS_WITH_LETTER, _OTHER_FOLLOWS = map(math.log, (0.9, 0.1))
# Behind another character: one more of them, letters, or the end.
_OTHERS_GO_ON, _LETTERS_FOLLOW, _ENDS_OTHERWISE = map(math.log, (0.65, 0.1, 0.25))
_DIGIT, _SYMBOL = math.log(0.65 / 10), math.log(0.35 / 32)

DIGIT, SYMBOL = -1, -2
"""What :func:`letter_index` gives where there is no letter."""


@TASK_UTILS.register_module()
class LetterNgrams:
    """An n-gram model of the letters of words, with Witten-Bell smoothing.

    Each order gives way to the one below by as much as its context has been followed by new
    letters (Witten & Bell, IEEE Trans. Information Theory 1991). Case plays no part. A text is
    runs of letters, each a word of its own, with digits and symbols in between, of which all digits
    are as likely as each other, and all symbols: ``24HRS`` is two digits and the word ``hrs``. How
    often they come is set by hand, to what is usual on signs.

    Reading one character goes from a state to another; a state stands for the letters before, as
    far as the model has seen them together. ``start`` is the state before a text.

    Args:
        words: Word lists (see :func:`read_word_list`), ``'english'`` for the one that this package
            ships, whose words weigh 1 to 8, or words with their weights. Of each word the letters
            a to z count, without accents; what other characters part are words of their own.
        order: Letters that are looked at together, the last of which is to be told.
        surprise: Share of the probability that every letter has alike, whatever came before:
            names that no list knows are made of letters too.

    Raises:
        FileNotFoundError: If a word list is missing.
        ValueError: If one cannot be read, no word has a letter, the order is not in 2..8, or
            ``surprise`` not in (0, 1].
    """

    start = 1 << _BITS | _EDGE
    _between = 0  # behind a digit or symbol

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
        self.surprise = surprise
        self._rows, probs = _count(_gather(words), order)
        self._log_probs = np.log((1 - surprise) * probs + surprise / _SYMBOLS)  # (rows, 27)

    def advance(self, state: int, letter: int) -> tuple[float, int]:
        """Read one more character.

        Args:
            state: The state before it.
            letter: What :func:`letter_index` gives for it.

        Returns:
            The natural logarithm of the character's probability, and the state behind it.
        """
        if letter < 0:
            kind = _DIGIT if letter == DIGIT else _SYMBOL
            if state == self.start:
                return _BEGINS_OTHERWISE + kind, self._between
            if state == self._between:
                return _OTHERS_GO_ON + kind, self._between
            return self._end_of_letters(state) + _OTHER_FOLLOWS + kind, self._between
        log_prob = 0.0
        if state == self._between:
            log_prob, state = _LETTERS_FOLLOW, self.start
        elif state == self.start:
            log_prob = _BEGINS_WITH_LETTER
        log_prob += float(self._log_probs[self._rows[state], letter + 1])
        longest = 1 << _BITS * (self.order - 1)
        state = state << _BITS | letter + 1
        if state >= longest << _BITS:
            state = _drop_first(state)
        while state not in self._rows:
            state = _drop_first(state)
        return log_prob, state

    def finish(self, state: int) -> float:
        """Log probability that the text ends here."""
        if state == self.start:
            return _IS_EMPTY
        if state == self._between:
            return _ENDS_OTHERWISE
        return self._end_of_letters(state) + _ENDS_WITH_LETTER

    def _end_of_letters(self, state: int) -> float:
        return float(self._log_probs[self._rows[state], _EDGE])

    def log_prob(self, text: str) -> float:
        """Log probability of a whole text."""
        total, state = 0.0, self.start
        for char in text:
            log_prob, state = self.advance(state, letter_index(char))
            total += log_prob
        return total + self.finish(state)


def letter_index(char: str) -> int:
    """0 to 25 for a to z in either case and with any accent, else ``DIGIT`` or ``SYMBOL``."""
    if char.isdigit():
        return DIGIT
    letter = normalize('NFKD', char.casefold())[:1]
    return ord(letter) - ord('a') if 'a' <= letter <= 'z' else SYMBOL


def _gather(words: Sequence[str | os.PathLike[str]] | Mapping[str, float]) -> dict[str, float]:
    """Words in small letters alone, and their weights."""
    if isinstance(words, (str, os.PathLike)):
        raise ValueError(f"words must be several lists, got one: pass ['{words}'].")
    lists = [words] if isinstance(words, Mapping) else [_read(path) for path in words]
    weights: dict[str, float] = {}
    for word, weight in (entry for some in lists for entry in some.items()):
        plain = ''.join(c for c in normalize('NFKD', word.casefold()) if not combining(c))
        for part in filter(None, _OTHERS.split(plain)):
            weights[part] = weights.get(part, 0.0) + weight
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
