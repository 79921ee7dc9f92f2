"""N-gram language model of the letters of words."""

from __future__ import annotations

import math
import os
import re
import string
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple
from unicodedata import combining, normalize

import numpy as np

from pipeline.recognition.language.letter_counts import ALPHABET, BITS, EDGE, LetterCounts
from pipeline.recognition.language.word_list import ENGLISH_WORDS, read_word_list

_MAX_KEPT = 16384  # Contexts whose distribution is kept, about 10 MB.
_MAX_STEPS = 65536  # Scored characters that are kept, about 10 MB.
_OTHERS = re.compile('[^a-z]+')
DIGIT, MARK, SYMBOL = -1, -2, -3
"""Results of :func:`letter_index` for a digit, one of ``.,'!-``, and any other non-letter."""

_MARKS = ".,'!-"
# Log probability of one character within its kind. Marks and symbols are one kind.
_LOG_P_IN_KIND = {
    DIGIT: math.log(1 / 10),
    MARK: math.log(0.78 / len(_MARKS)),
    SYMBOL: math.log(0.22 / (len(string.punctuation) - len(_MARKS))),
}


class _Next(NamedTuple):
    """Log probabilities of the kind of the next character outside of a run of letters."""

    letters: float
    digit: float
    symbol: float
    end: float


class _Distribution(NamedTuple):
    """Distribution of the next symbol: (27,) without and logarithms with the surprise."""

    probs: np.ndarray
    log_probs: list[float]


def _next(*shares: float) -> _Next:
    return _Next(*(math.log(share) if share else -math.inf for share in shares))


# Rounded frequencies in 5,960 words of the training sets of ICDAR 2015 and IIIT 5K-word.
_AT_START = _next(0.91, 0.065, 0.015, 0.01)
_AFTER_LETTERS = _next(0, 0.01, 0.075, 0.915)
_AFTER_DIGIT = _next(0.03, 0.58, 0.1, 0.29)
_AFTER_SYMBOL = _next(0.305, 0.24, 0.045, 0.41)


class LetterNgrams:
    """An n-gram model of the letters of words, with Witten-Bell smoothing.

    The weight of the back-off to the next lower order grows with the number of distinct letters
    after a context (Witten & Bell, IEEE Trans. Information Theory 1991). The model ignores
    case. A text consists of runs of letters, each a word for the model, and of digits and symbols:
    ``24HRS`` is two digits and the word ``hrs``. The frequencies of digits and symbols at the
    start, after letters and after each other are those of words in images of signs. All digits
    have the same probability.

    A state encodes the previous letters; their longest part that occurs in the word lists is the
    context of the next letter. ``start`` is the state before a text.

    Args:
        words: Word lists (see :func:`read_word_list`), where ``'english'`` is the list of this
            package with weights 1 to 8; or a mapping from words to weights. Words are reduced to
            the letters a to z without accents. Other characters split a word.
        order: N-gram order, including the predicted letter.
        surprise: Weight of the uniform distribution over letters, which is mixed into every
            prediction. It allows for names that are not in the lists.

    Raises:
        FileNotFoundError: If a word list is missing.
        ValueError: If a list cannot be read, no word has a letter, ``order`` is not in 2..8, or
            ``surprise`` is not in (0, 1].
    """

    start = 1 << BITS | EDGE
    # Distribution of the next kind of character in the states outside of a run of letters.
    _outside_letters: ClassVar = {start: _AT_START, DIGIT: _AFTER_DIGIT, SYMBOL: _AFTER_SYMBOL}

    def __init__(
        self,
        words: Sequence[str | os.PathLike[str]] | Mapping[str, float] = ('english',),
        order: int = 6,
        surprise: float = 0.05,
    ) -> None:
        if not 2 <= order <= 8:
            raise ValueError(f'order must be in 2..8, got {order}.')
        if not 0 < surprise <= 1:
            raise ValueError(f'surprise must be in (0, 1], got {surprise}.')
        self.order = order
        self.surprise = surprise
        gathered, self._accented = _gather(words)
        self.words = words if isinstance(words, Mapping) else [str(path) for path in words]
        # One string: a set of the words would take ten times the memory.
        self._words = '\n'.join(('', *gathered, ''))
        self._counts = LetterCounts(gathered, order)
        self._kept: dict[int, _Distribution | None] = {}
        self._steps: dict[tuple[int, int], tuple[float, int]] = {}

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
        """Score one more character.

        Args:
            state: State before the character.
            letter: Result of :func:`letter_index` for the character.

        Returns:
            Natural log probability of the character, and the state after it.
        """
        step = self._steps.get((state, letter))
        if step is None:
            if len(self._steps) >= _MAX_STEPS:
                self._steps.clear()
            step = self._steps[state, letter] = self._advance(state, letter)
        return step

    def _advance(self, state: int, letter: int) -> tuple[float, int]:
        log_prob = 0.0
        if letter < 0:
            log_prob, following = self._end_letters(state)
            log_prob += following.digit if letter == DIGIT else following.symbol
            return log_prob + _LOG_P_IN_KIND[letter], DIGIT if letter == DIGIT else SYMBOL
        if state in self._outside_letters:
            log_prob, state = self._outside_letters[state].letters, self.start
        state, log_probs = self._context(state)
        log_prob += log_probs[letter + 1]
        longest = 1 << BITS * (self.order - 1)
        state = state << BITS | letter + 1
        if state >= longest << BITS:
            state = _drop_first(state)
        # Most states of a beam search are dropped before their context is asked for.
        return log_prob, state

    def _context(self, state: int) -> tuple[int, list[float]]:
        """The longest context of a state that occurs, and the log probabilities after it."""
        found = self._distribution(state)
        while found is None:
            state = _drop_first(state)
            found = self._distribution(state)
        return state, found.log_probs

    def finish(self, state: int) -> float:
        """Log probability that the text ends here."""
        log_prob, following = self._end_letters(state)
        return log_prob + following.end

    def _end_letters(self, state: int) -> tuple[float, _Next]:
        """Log probability that the current run of letters ends, and of what follows it.

        The former is 0 in states outside of a run of letters.
        """
        if state in self._outside_letters:
            return 0.0, self._outside_letters[state]
        return self._context(state)[1][EDGE], _AFTER_LETTERS

    def _distribution(self, state: int) -> _Distribution | None:
        """Distribution of the symbol after a context, or None if the context does not occur."""
        try:
            return self._kept[state]  # at once: another thread may clear them
        except KeyError:
            found = None
        cells = self._counts.after(state)
        if cells is not None:
            shorter = self._distribution(_drop_first(state)) if state > 1 else None
            below = np.full(ALPHABET, 1 / ALPHABET) if shorter is None else shorter.probs
            kinds = np.count_nonzero(cells)
            probs = (cells + kinds * below) / (cells.sum() + kinds)
            mixed = (1 - self.surprise) * probs + self.surprise / ALPHABET
            found = _Distribution(probs, np.log(mixed).tolist())
        if len(self._kept) >= _MAX_KEPT:
            self._kept.clear()
        self._kept[state] = found
        return found

    def covers(self, text: str) -> bool:
        """Whether the word lists contain all non-ASCII letters of a text, in any case.

        The English list contains no such letter, for example no accented letter and no sharp s.
        Digits and symbols are always covered.
        """
        letters = {c for c in text.lower() if c.isalpha() and not c.isascii()}
        return letters <= self._accented

    def contains(self, text: str) -> bool:
        """Whether a text is a word of the lists, in any case and with any accents."""
        plain = _without_accents(text)
        return plain.isalpha() and f'\n{plain}\n' in self._words

    def log_prob(self, text: str) -> float:
        """Log probability of a whole text."""
        total, state = 0.0, self.start
        for char in text:
            log_prob, state = self.advance(state, letter_index(char))
            total += log_prob
        return total + self.finish(state)


def letter_index(char: str) -> int:
    """0 to 25 for a to z in any case, with any accent; else ``DIGIT``, ``MARK`` or ``SYMBOL``."""
    if char.isdigit() or char in _MARKS:
        return DIGIT if char.isdigit() else MARK
    letter = normalize('NFKD', char.casefold())[:1]
    return ord(letter) - ord('a') if 'a' <= letter <= 'z' else SYMBOL


def _gather(
    words: Sequence[str | os.PathLike[str]] | Mapping[str, float],
) -> tuple[dict[str, float], set[str]]:
    """Words in lower-case a to z with their weights, and the set of their non-ASCII letters."""
    if isinstance(words, (str, os.PathLike)):
        raise ValueError(f"words must be several lists, got one: pass ['{words}'].")
    lists = [words] if isinstance(words, Mapping) else [_read(path) for path in words]
    weights: dict[str, float] = {}
    accented: set[str] = set()
    for some in lists:
        text = ''.join(some)
        if not weights and text.islower() and text.isascii() and text.isalpha() and '' not in some:
            weights.update(some)  # The English list requires no work per word.
            continue
        accented |= {c for c in text.lower() if c.isalpha() and not c.isascii()}
        for word, weight in some.items():
            plain = _without_accents(word)
            parts = [plain] if plain.isascii() and plain.isalpha() else _OTHERS.split(plain)
            for part in filter(None, parts):
                weights[part] = weights.get(part, 0.0) + weight
    if not weights:
        raise ValueError('wanted words with letters a to z, got none. Use another word list.')
    return weights, accented


def _without_accents(word: str) -> str:
    """A word in lower case without accents."""
    if word.isascii():
        return word.lower()
    return ''.join(char for char in normalize('NFKD', word.casefold()) if not combining(char))


def _read(path: str | os.PathLike[str]) -> dict[str, float]:
    return read_word_list(ENGLISH_WORDS if path == 'english' else path)


def _drop_first(state: int) -> int:
    """Remove the first letter of a state. A leading one bit marks the number of letters."""
    below = 1 << state.bit_length() - 1 - BITS
    return state & below - 1 | below
