"""Calibration of word scores: agreement of score and accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-5  # Products of float32 probabilities can be slightly above 1.


@dataclass(frozen=True)
class ScoreBin:
    """Words whose scores are in ``(low, high]``. The first bin also contains the score 0.

    Attributes:
        low: Lower bound of the scores.
        high: Upper bound of the scores.
        count: Number of words.
        accuracy: Share of correct words, or NaN without words.
        confidence: Mean score, or NaN without words.
    """

    low: float
    high: float
    count: int
    accuracy: float
    confidence: float


@dataclass(frozen=True)
class KeptWords:
    """Words that remain if words below a score are dropped.

    Attributes:
        threshold: Lowest score of the kept words.
        count: Number of kept words.
        coverage: Share of kept words among all words.
        accuracy: Share of correct words among the kept words, or NaN if none is kept.
    """

    threshold: float
    count: int
    coverage: float
    accuracy: float


def reliability_bins(
    scores: Sequence[float] | np.ndarray, right: np.ndarray, num_bins: int = 10
) -> list[ScoreBin]:
    """Divide words into bins of equal width by their scores.

    Args:
        scores: (N,) word scores in [0, 1].
        right: (N,) bool, correct words.
        num_bins: Number of bins. Guo et al. (see below) use 15 for thousands of samples.

    Raises:
        ValueError: If the lengths differ or a score is outside [0, 1].
    """
    values, correct = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    if values.shape != correct.shape:
        raise ValueError(f'{len(values)} scores require {len(values)} flags, got {len(correct)}.')
    if ((values < 0) | (values > 1 + _ROUNDING)).any():
        raise ValueError(f'scores must be in [0, 1], got {values.min()} to {values.max()}.')
    edges = np.linspace(0, 1, num_bins + 1)
    index = np.clip(np.searchsorted(edges, values, side='left') - 1, 0, num_bins - 1)
    bins = []
    for m in range(num_bins):
        rows = index == m
        count = int(rows.sum())
        bins.append(
            ScoreBin(
                low=float(edges[m]),
                high=float(edges[m + 1]),
                count=count,
                accuracy=float(correct[rows].mean()) if count else float('nan'),
                confidence=float(values[rows].mean()) if count else float('nan'),
            )
        )
    return bins


def expected_calibration_error(bins: Sequence[ScoreBin]) -> float:
    """Expected calibration error, or 0 without words.

    ECE = sum over bins of (words in the bin / all words) * |accuracy - confidence|. Guo, Pleiss,
    Sun & Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, arXiv 1706.04599,
    equation 3.
    """
    total = sum(entry.count for entry in bins)
    gaps = (e.count * abs(e.accuracy - e.confidence) for e in bins if e.count)
    return sum(gaps) / total if total else 0.0


def keep_words(
    scores: Sequence[float] | np.ndarray, right: np.ndarray, thresholds: Sequence[float]
) -> list[KeptWords]:
    """Coverage and accuracy (1 - risk, in selective prediction) at each threshold.

    Args:
        scores: (N,) word scores.
        right: (N,) bool, correct words.
        thresholds: Lowest scores of the kept words.
    """
    values, correct = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    kept = []
    for threshold in thresholds:
        rows = values >= threshold
        count = int(rows.sum())
        accuracy = float(correct[rows].mean()) if count else float('nan')
        kept.append(KeptWords(threshold, count, count / max(len(values), 1), accuracy))
    return kept
