"""How sure a number is: photos are drawn again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % confidence interval; the bounds are None where there are no words."""

    value: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, float | None]:
        """For JSON."""
        return {'value': self.value, 'low': self.low, 'high': self.high}


class ImageBootstrap:
    """Percentile bootstrap over photos (Efron & Tibshirani, 1993).

    Words of one photo share its light, its language and its context, so they are no independent
    samples: whole photos are drawn, with replacement, as many as there are. All numbers of one
    object see the same draws, and a difference of two is drawn as a difference (paired).

    Args:
        image_index: (N,) the photo of each word.
        num_photos: I.
        seed: Of the draws.
        resamples: How many sets of photos are drawn.

    Raises:
        ValueError: If there is no photo or no resample.
    """

    def __init__(
        self, image_index: np.ndarray, num_photos: int, seed: int, resamples: int = 2000
    ) -> None:
        if num_photos < 1 or resamples < 1:
            raise ValueError(
                f'wanted photos and resamples, got {num_photos} and {resamples} of them.'
            )
        self.image_index = image_index
        self.num_photos = num_photos
        rng = np.random.default_rng(seed)
        shares = np.full(num_photos, 1 / num_photos)
        self.draws = rng.multinomial(num_photos, shares, size=resamples).astype(np.float64)

    def mean(self, values: np.ndarray, rows: np.ndarray | None = None) -> Estimate:
        """Mean over words.

        Args:
            values: (N,) of each word; for a difference, the difference of each word.
            rows: (N,) bool, the words that count; all by default.
        """
        counted = np.ones(len(values), bool) if rows is None else rows
        index = self.image_index[counted]
        size = self.num_photos
        return self.ratio(
            np.bincount(index, np.asarray(values, float)[counted], minlength=size),
            np.bincount(index, minlength=size).astype(np.float64),
        )

    def ratio(self, numerators: np.ndarray, denominators: np.ndarray) -> Estimate:
        """Ratio of two sums over photos, both (I,)."""
        return self.statistic(lambda sums: _divide(sums[0], sums[1]), numerators, denominators)

    def statistic(
        self, function: Callable[[list[np.ndarray]], np.ndarray], *per_photo: np.ndarray
    ) -> Estimate:
        """Any function of sums over photos.

        Args:
            function: From arrays of sums, one a resample, to the number of each resample.
            per_photo: (I,) arrays that are summed.
        """
        value = function([np.array([array.sum()], float) for array in per_photo])[0]
        if not np.isfinite(value):
            return Estimate(None, None, None)
        drawn = function([self.draws @ array for array in per_photo])
        drawn = drawn[np.isfinite(drawn)]
        if not len(drawn):
            return Estimate(float(value), None, None)
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Estimate(float(value), float(low), float(high))


def hmean_of_sums(sums: list[np.ndarray]) -> np.ndarray:
    """2 * matched / (found + gt): the harmonic mean of precision and recall; 0 where both are.

    For :meth:`ImageBootstrap.statistic` over matched, found and gt words.
    """
    matched, found, gt = sums
    return 2 * matched / np.maximum(found + gt, 1)


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """nan where nothing was drawn."""
    some = denominator > 0
    return np.where(some, numerator / np.where(some, denominator, 1), np.nan)
