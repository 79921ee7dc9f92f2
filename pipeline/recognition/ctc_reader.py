"""CTC probabilities -> texts, in NumPy: shared by the torch decoders and the ONNX engine."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.recognition.charset import Charset

LEAST_SPACE_PROB = 0.1
"""A blank column between characters with at least this probability of a space is a space.

Networks trained on single words write fewer spaces than there are. On held-out training images 8 of
26 joined words had such a column, and 3 of 580 other words (docs/experiments.md).
"""


@dataclass(frozen=True)
class Reading:
    """What a recognizer reads in one crop.

    Args:
        text: Transcript without spaces at its ends.
        char_scores: Probability of each character.
        score: Probability of the whole text, 0 for an empty one.
        gaps: Centers of the gaps between words, as shares of the crop's width from its left,
            rising.
        char_places: Center of each character, as shares of the crop's width from its left. Empty
            if the recognizer does not find them.
    """

    text: str
    char_scores: list[float]
    score: float
    gaps: list[float] = field(default_factory=list)
    char_places: list[float] = field(default_factory=list)

    def without_padding(self, valid_ratio: float) -> Reading:
        """The same reading with places as shares of the crop instead of the padded crop.

        Args:
            valid_ratio: Share of the padded width that is crop. Gaps in the padding are dropped.
        """
        return replace(
            self,
            gaps=gaps_without_padding(self.gaps, valid_ratio),
            char_places=[min(place / valid_ratio, 1.0) for place in self.char_places],
        )


def gaps_without_padding(gaps: Sequence[float], valid_ratio: float) -> list[float]:
    """Gaps as shares of the crop instead of the padded crop; see ``Reading.without_padding``."""
    return [gap / valid_ratio for gap in gaps if gap < valid_ratio]


class CTCReader:
    """Greedy decoder and hypothesis scores of a CTC classifier (Graves et al., ICML 2006).

    Args:
        characters: L classes. Classes in ``blank`` and ``unwritten`` can have any name.
        blank: Class of the CTC blank.
        word_break: Class that separates words, if there is one: the space, or a class that
            is not a character.
        unwritten: Further classes that are not characters. They act as blanks.

    Attributes:
        charset: Constraint of the texts, or None; see :meth:`use_charset`.
    """

    charset: Charset | None = None

    def __init__(
        self,
        characters: Sequence[str],
        blank: int,
        word_break: int | None = None,
        unwritten: Iterable[int] = (),
    ) -> None:
        self.characters = list(characters)
        self.blank = blank
        self.word_break = word_break
        self.unwritten = frozenset({blank, *unwritten})

    def use_charset(self, spec: str | None) -> None:
        """Constrain the texts that are read, or not with None; see :class:`Charset`."""
        kept = [*self.unwritten, *([] if self.word_break is None else [self.word_break])]
        self.charset = None if spec is None else Charset(spec, self.characters, kept)

    def read(self, log_probs: np.ndarray) -> list[Reading]:
        """Greedy decoding: the best class of each column, repeats merged, blanks removed.

        Blank columns that are probably spaces (``LEAST_SPACE_PROB``) are read as spaces, if
        ``word_break`` is the space. The probability of a character is the best one among its
        columns. The probability of a text is the product of those of its characters.

        Args:
            log_probs: (N, T, L) log probabilities.
        """
        classes = log_probs.argmax(-1)
        if self.word_break is not None and self.characters[self.word_break] == ' ':
            is_space = log_probs[..., self.word_break] >= math.log(LEAST_SPACE_PROB)
            classes = np.where(is_space & (classes == self.blank), self.word_break, classes)
        scores = np.exp(np.take_along_axis(log_probs, classes[..., None], -1)[..., 0])
        return [self._collapse(*path) for path in zip(classes.tolist(), scores.tolist())]

    def write(self, classes: Iterable[int]) -> str:
        """Text of a sequence of classes."""
        return ''.join(self.characters[index] for index in classes)

    def find_gaps(self, path: Sequence[int]) -> list[float]:
        """Centers of the gaps between words, as shares of the crop's width from its left.

        Args:
            path: Class of each column.
        """
        others = self.unwritten | {self.word_break}
        written = [column for column, index in enumerate(path) if index not in others]
        gaps = []
        for before, after in itertools.pairwise(written):
            columns = [c for c in range(before, after) if path[c] == self.word_break]
            if columns:
                gaps.append((columns[0] + columns[-1] + 1) / 2 / len(path))
        return gaps

    def score_hypotheses(
        self, log_probs: np.ndarray, hypotheses: Sequence[Sequence[Sequence[int]]]
    ) -> np.ndarray:
        """Log probability of texts, over all their CTC paths.

        Args:
            log_probs: (n, T, L) log probabilities.
            hypotheses: n lists of texts as classes.

        Returns:
            (n, K, M): the log probability of each text in equal shares for its M characters,
            since CTC does not give a probability per character. Zeros after the text and for
            missing texts.
        """
        longest = max((len(text) for some in hypotheses for text in some), default=0)
        result = np.zeros((len(hypotheses), max(map(len, hypotheses)), max(1, longest)))
        for word, some in enumerate(hypotheses):
            totals = _ctc_log_probs(np.asarray(log_probs[word], np.float64), some, self.blank)
            for k, (text, total) in enumerate(zip(some, totals)):
                result[word, k, : max(1, len(text))] = total / max(1, len(text))
        return result

    def _collapse(self, path: list[int], scores: list[float]) -> Reading:
        kept: list[int] = []
        char_scores: list[float] = []
        columns: list[list[int]] = []  # First and last column of each character.
        previous = None
        for column, (index, score) in enumerate(zip(path, scores)):
            if index not in self.unwritten:
                if index == previous:
                    char_scores[-1] = max(char_scores[-1], score)
                    columns[-1][1] = column
                else:
                    kept.append(index)
                    char_scores.append(score)
                    columns.append([column, column])
            previous = index
        start, end = 0, len(kept)
        while start < end and self.characters[kept[start]] == ' ':
            start += 1
        while end > start and self.characters[kept[end - 1]] == ' ':
            end -= 1
        char_scores = char_scores[start:end]
        return Reading(
            text=self.write(kept[start:end]),
            char_scores=char_scores,
            score=math.prod(char_scores) if char_scores else 0.0,
            gaps=[] if self.word_break is None else self.find_gaps(path),
            char_places=[(first + last + 1) / 2 / len(path) for first, last in columns[start:end]],
        )


def _ctc_log_probs(
    log_probs: np.ndarray, texts: Sequence[Sequence[int]], blank: int
) -> list[float]:
    """Forward algorithm of CTC for texts (n of them, as classes) in columns (T, L)."""
    longest = max(map(len, texts), default=0)
    states = np.full((len(texts), 2 * longest + 1), blank)  # blanks between the characters
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = text
    # A blank between two different characters may be left out.
    skips = np.full(states.shape, -np.inf)
    skips[:, 2:][(states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])] = 0.0
    emissions = log_probs[:, states]  # (T, n, S)
    before = np.full((len(texts), states.shape[1] + 2), -np.inf)  # two columns of padding
    forward = before[:, 2:]
    forward[:, :2] = emissions[0, :, :2]
    for emission in emissions[1:]:
        total = np.logaddexp(forward, before[:, 1:-1])
        np.logaddexp(total, before[:, :-2] + skips, out=total)
        np.add(total, emission, out=forward)
    ends = 2 * np.array([len(text) for text in texts], dtype=int)
    rows = np.arange(len(texts))
    with_blank = forward[rows, ends]
    without = np.where(ends > 0, forward[rows, np.maximum(ends - 1, 0)], -np.inf)
    return np.logaddexp(with_blank, without).tolist()
