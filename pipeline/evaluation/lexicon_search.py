"""Search for the nearest lexicon words of many texts, with the result of a scan in file order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

_PAIRS_AT_ONCE = 4_000_000  # Bounds the memory of the distance matrix to 8 MB.


class NearestWords:
    """Finds the lexicon word with the smallest edit distance; the first of equals wins.

    Words are grouped by length. Two words whose lengths differ by n need at least n edits. A text
    therefore visits the groups in order of length difference, and stops when no later group can
    contain a word as near as the best one. All distances of a group are computed at once.

    Args:
        words: Lexicon words in file order, in the case of the texts.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._groups: dict[int, tuple[np.ndarray, list[str]]] = {}
        self._position: dict[str, int] = {}
        by_length: dict[int, list[int]] = {}
        for index, word in enumerate(words):
            if self._position.setdefault(word, index) == index:
                by_length.setdefault(len(word), []).append(index)
        for length, indices in by_length.items():
            self._groups[length] = (np.array(indices), [words[i] for i in indices])

    def find(self, texts: Sequence[str], normalized: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest word of each text.

        Args:
            texts: N texts.
            normalized: Whether distances are divided by the longer length of text and word.

        Returns:
            (N,) index of the nearest word, and (N,) float64 Levenshtein distances. With an empty
            lexicon the index is -1 and the distance infinite.
        """
        distinct = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        index = np.full(len(distinct), -1)
        distance = np.full(len(distinct), np.inf)
        by_length: dict[int, list[str]] = {}
        for text, i in distinct.items():
            if text in self._position:
                index[i], distance[i] = self._position[text], 0.0
            else:
                by_length.setdefault(len(text), []).append(text)
        for length, group in by_length.items():
            rows = np.array([distinct[text] for text in group])
            index[rows], distance[rows] = self._find_group(group, length, normalized)
        back = np.array([distinct[text] for text in texts], dtype=int)
        return index[back], distance[back]

    def _find_group(
        self, texts: list[str], length: int, normalized: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest words of texts of one length that are not in the lexicon."""
        best_index = np.full(len(texts), -1)
        best = np.full(len(texts), np.inf)
        steps = []
        for word_length in self._groups:
            divisor = max(length, word_length) if normalized else 1
            steps.append((abs(word_length - length) / divisor, word_length, divisor))
        for bound, word_length, divisor in sorted(steps):
            open_rows = np.flatnonzero(best >= bound)
            if not len(open_rows):
                break
            indices, words = self._groups[word_length]
            size = max(1, _PAIRS_AT_ONCE // len(words))
            for rows in np.split(open_rows, range(size, len(open_rows), size)):
                distances = process.cdist(
                    [texts[i] for i in rows], words, scorer=Levenshtein.distance, dtype=np.uint16
                )
                first = distances.argmin(axis=1)
                found = distances[np.arange(len(rows)), first] / divisor
                position = indices[first]
                nearer = (found < best[rows]) | (
                    (found == best[rows]) & (position < best_index[rows])
                )
                best[rows[nearer]] = found[nearer]
                best_index[rows[nearer]] = position[nearer]
        return best_index, best
