"""How likely letters follow each other in words."""

from __future__ import annotations

import math
import os
import re
import string
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple
from unicodedata import combining, normalize

import numpy as np

from pipeline.recognition.language.word_list import ENGLISH_WORDS, read_word_list

_EDGE = 0  # stands before a run of letters and behind it; a..z are 1..26
_ALPHABET = 27  # the edge and the letters
_BITS = 5
_OTHERS = re.compile('[^a-z]+')
DIGIT, MARK, SYMBOL = -1, -2, -3
"""What :func:`letter_index` gives for what is no letter: a digit, one of ``.,'!-``, any other."""

_MARKS = ".,'!-"
_SHARE_OF_KIND = {
    DIGIT: math.log(1 / 10),
    MARK: math.log(0.78 / len(_MARKS)),
    SYMBOL: math.log(0.22 / (len(string.punctuation) - len(_MARKS))),
}


class _Next(NamedTuple):
    """Log probabilities of what comes next where no letter has to."""

    letters: float
    digit: float
    symbol: float
    end: float


def _next(*shares: float) -> _Next:
    return _Next(*(math.log(share) if share else -math.inf for share in shares))


# Counted in 5,960 words of the training parts of ICDAR 2015 and IIIT 5K-word, rounded.
_AT_FIRST = _next(0.91, 0.065, 0.015, 0.01)
_BEHIND_LETTERS = _next(0, 0.01, 0.075, 0.915)
_BEHIND_DIGIT = _next(0.03, 0.58, 0.1, 0.29)
_BEHIND_SYMBOL = _next(0.305, 0.24, 0.045, 0.41)


class LetterNgrams:
    """An n-gram model of the letters of words, with Witten-Bell smoothing.

    Each order gives way to the one below by as much as its context has been followed by new
    letters (Witten & Bell, IEEE Trans. Information Theory 1991). Case plays no part. A text is
    runs of letters, each a word of its own, with digits and symbols around them: ``24HRS`` is two
    digits and the word ``hrs``. How often digits and symbols come at the beginning, behind letters
    and behind each other is what it is in photos of signs; all digits are alike.

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
    # What comes next where no word has begun: at first, behind a digit, behind a symbol.
    _between: ClassVar = {start: _AT_FIRST, DIGIT: _BEHIND_DIGIT, SYMBOL: _BEHIND_SYMBOL}

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
        self.words = words if isinstance(words, Mapping) else [str(path) for path in words]
        self.order = order
        self.surprise = surprise
        gathered, self._accented = _gather(words)
        self._rows, probs = _count(gathered, order)
        self._log_probs = np.log((1 - surprise) * probs + surprise / _ALPHABET)  # (rows, 27)

    @classmethod
    def like(
        cls, model: LetterNgrams | None, words: Sequence[str | os.PathLike[str]]
    ) -> LetterNgrams | None:
        """A model of other word lists with the settings of another model.

        Args:
            model: Model whose order and ``surprise`` are used. None uses the defaults.
            words: Word lists. An empty sequence gives None.
        """
        if not words:
            return None
        return cls(words) if model is None else cls(words, model.order, model.surprise)

    def advance(self, state: int, letter: int) -> tuple[float, int]:
        """Read one more character.

        Args:
            state: The state before it.
            letter: What :func:`letter_index` gives for it.

        Returns:
            The natural logarithm of the character's probability, and the state behind it.
        """
        log_prob = 0.0
        if letter < 0:
            log_prob, coming = self._turn(state)
            log_prob += coming.digit if letter == DIGIT else coming.symbol
            return log_prob + _SHARE_OF_KIND[letter], DIGIT if letter == DIGIT else SYMBOL
        if state in self._between:
            log_prob, state = self._between[state].letters, self.start
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
        log_prob, coming = self._turn(state)
        return log_prob + coming.end

    def _turn(self, state: int) -> tuple[float, _Next]:
        """Log probability that the letters end here, if there are any, and what may follow."""
        if state in self._between:
            return 0.0, self._between[state]
        return float(self._log_probs[self._rows[state], _EDGE]), _BEHIND_LETTERS

    def covers(self, text: str) -> bool:
        """Whether the word lists contain the letters of a text outside of ASCII, in any case.

        The English list contains none, so that it does not cover accented letters and the sharp
        s. Digits and symbols are always covered.
        """
        letters = {c for c in text.lower() if c.isalpha() and not c.isascii()}
        return letters <= self._accented

    def log_prob(self, text: str) -> float:
        """Log probability of a whole text."""
        total, state = 0.0, self.start
        for char in text:
            log_prob, state = self.advance(state, letter_index(char))
            total += log_prob
        return total + self.finish(state)


def letter_index(char: str) -> int:
    """0 to 25 for a to z in either case and with any accent, else ``DIGIT`` or the like."""
    if char.isdigit() or char in _MARKS:
        return DIGIT if char.isdigit() else MARK
    letter = normalize('NFKD', char.casefold())[:1]
    return ord(letter) - ord('a') if 'a' <= letter <= 'z' else SYMBOL


def _gather(
    words: Sequence[str | os.PathLike[str]] | Mapping[str, float],
) -> tuple[dict[str, float], set[str]]:
    """Words in plain small letters with their weights, and their letters outside of ASCII."""
    if isinstance(words, (str, os.PathLike)):
        raise ValueError(f"words must be several lists, got one: pass ['{words}'].")
    lists = [words] if isinstance(words, Mapping) else [_read(path) for path in words]
    weights: dict[str, float] = {}
    accented = {c for some in lists for word in some if not word.isascii() for c in word.lower()}
    for word, weight in (entry for some in lists for entry in some.items()):
        plain = ''.join(c for c in normalize('NFKD', word.casefold()) if not combining(c))
        for part in filter(None, _OTHERS.split(plain)):
            weights[part] = weights.get(part, 0.0) + weight
    if not weights:
        raise ValueError('wanted words with letters a to z, got none; name another word list.')
    return weights, {c for c in accented if c.isalpha() and not c.isascii()}


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
            index * _ALPHABET + symbols[ends], weights[ends], len(found) * _ALPHABET
        ).reshape(-1, _ALPHABET)
        kinds = (cells > 0).sum(1, keepdims=True)
        below = np.full((1, _ALPHABET), 1 / _ALPHABET)
        if length:
            below = tables[-1][np.searchsorted(shorter, found & one - 1 | one)]
        tables.append((cells + kinds * below) / (cells.sum(1, keepdims=True) + kinds))
        rows.update(zip(found.tolist(), range(len(rows), len(rows) + len(found))))
    return rows, np.concatenate(tables).astype(np.float32)
