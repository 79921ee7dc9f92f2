"""Counts of the letters that follow each context in a word list."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

EDGE = 0
"""Symbol before and after a word; a..z are 1..26."""

ALPHABET = 27
"""The edge and the letters."""

BITS = 5
"""Bits per symbol of a state."""


class LetterCounts:
    """Weights of the symbols after a context, counted when they are asked for.

    All runs of ``order`` symbols are sorted once. The runs that start with a context are then a
    range of the sorted ones. This takes less memory than tables of all contexts, and most
    contexts are never asked for.

    A state encodes a context: a leading one bit, which marks its length, and ``BITS`` bits per
    symbol. A context contains an edge only as its first symbol.

    Args:
        words: Words in letters a to z, and their weights.
        order: Length of the longest context, plus the symbol after it.
    """

    def __init__(self, words: Mapping[str, float], order: int) -> None:
        self.order = order
        # One edge before the first word and one after each word, which has the weight of its word.
        text = '\0'.join(['', *words, '']).encode()
        symbols = np.frombuffer(text, np.uint8) & 31  # 'a' is 97, so 1.
        lengths = np.diff(np.flatnonzero(symbols == EDGE))
        values, numbers = np.unique(np.array([*words.values()], float), return_inverse=True)
        numbers = np.repeat(numbers, lengths)
        self._all = np.bincount(symbols[1:], values[numbers], ALPHABET)
        runs = np.zeros(len(numbers), dtype=np.int64)
        padded = np.pad(symbols, (0, order))
        for start in range(order):
            runs = runs << BITS | padded[start : start + len(runs)]
        # The symbol after a context belongs to the same word as the second symbol of its run. The
        # number of its weight is in the low bits: one array is sorted faster than two.
        low = len(values).bit_length()
        runs = runs << low | numbers
        runs.sort()
        # Half of the memory for up to six symbols of 5 bits.
        self._runs = (runs >> low).astype(np.int32 if order * BITS < 31 else np.int64)
        # One byte per run for fewer than 256 different weights.
        self._weights = values
        self._numbers = (runs & (1 << low) - 1).astype(np.min_scalar_type(len(values)))

    def after(self, state: int) -> np.ndarray | None:
        """Total weights (27,) of the symbols after a context; None if it does not occur."""
        length = (state.bit_length() - 1) // BITS
        if not length:
            return self._all
        context = state - (1 << BITS * length)
        step = 1 << BITS * (self.order - 1 - length)
        keys = (context * (1 << BITS) + np.arange(ALPHABET + 1)) * step
        bounds = np.searchsorted(self._runs, keys.astype(self._runs.dtype))
        if bounds[0] == bounds[-1]:
            return None
        some = np.flatnonzero(np.diff(bounds))
        first, end = bounds[0], bounds[-1]
        weights = np.zeros(ALPHABET)
        counted = self._weights[self._numbers[first:end]]
        weights[some] = np.add.reduceat(counted, bounds[some] - first)
        return weights
