"""Confidence intervals by a bootstrap over images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % confidence interval. Without words, value and bounds are None."""

    value: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The estimate as a dictionary, for JSON."""
        return {'value': self.value, 'low': self.low, 'high': self.high}


class ImageBootstrap:
    """Percentile bootstrap over images (Efron & Tibshirani, 1993).

    The words of one image share its light, language and context, so they are not independent
    samples. Each resample therefore draws I whole images with replacement. All estimates of one
    object use the same resamples, so the interval of a difference is that of paired samples.

    Args:
        image_index: (N,) image index of each word.
        num_photos: Number of images I.
        seed: Random seed of the resamples.
        resamples: Number of resamples.

    Raises:
        ValueError: If the number of images or of resamples is 0.
    """

    def __init__(
        self, image_index: np.ndarray, num_photos: int, seed: int, resamples: int = 2000
    ) -> None:
        if num_photos < 1 or resamples < 1:
            raise ValueError(
                f'wanted at least one image and one resample, got {num_photos} images and '
                f'{resamples} resamples.'
            )
        self.image_index = image_index
        self.num_photos = num_photos
        rng = np.random.default_rng(seed)
        shares = np.full(num_photos, 1 / num_photos)
        self.draws = rng.multinomial(num_photos, shares, size=resamples).astype(np.float64)

    def mean(self, values: np.ndarray, rows: np.ndarray | None = None) -> Estimate:
        """Mean over words.

        Args:
            values: (N,) value of each word. For the difference of two means, the difference.
            rows: (N,) bool, words to include. None includes all words.
        """
        counted = np.ones(len(values), bool) if rows is None else rows
        index = self.image_index[counted]
        size = self.num_photos
        return self.ratio(
            np.bincount(index, np.asarray(values, float)[counted], minlength=size),
            np.bincount(index, minlength=size).astype(np.float64),
        )

    def ratio(self, numerators: np.ndarray, denominators: np.ndarray) -> Estimate:
        """Ratio of two sums over images; both arguments are (I,) values per image."""
        return self.statistic(lambda sums: _divide(sums[0], sums[1]), numerators, denominators)

    def statistic(
        self, function: Callable[[list[np.ndarray]], np.ndarray], *per_photo: np.ndarray
    ) -> Estimate:
        """Any function of sums over images.

        Args:
            function: Function from the sums of each resample to its value: a list of (R,) arrays,
                one per argument in ``per_photo``, to (R,).
            per_photo: (I,) arrays of values per image.
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
    """Harmonic mean of precision and recall, 2 * matched / (found + gt), or 0 if both are 0.

    This is a function for :meth:`ImageBootstrap.statistic`. The sums are the numbers of matched,
    found and gt words.
    """
    matched, found, gt = sums
    return 2 * matched / np.maximum(found + gt, 1)


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Ratio, or NaN if the denominator is 0."""
    some = denominator > 0
    return np.where(some, numerator / np.where(some, denominator, 1), np.nan)
