"""False words: words found in images without text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.analysis.detector.findings import Stage, find_words
from pipeline.evaluation.words import Words
from pipeline.io import InputItem
from pipeline.torch_spotter import TorchTextSpotter


@dataclass(frozen=True, eq=False)
class FalseWords:
    """False words of an image without text.

    Attributes:
        item: The image.
        found: Stage -> false words.
    """

    item: InputItem
    found: dict[Stage, Words]

    def count(self, stage: Stage) -> int:
        """Number of false words of a stage."""
        return len(self.found[stage])

    def load(self) -> np.ndarray:
        """Read the image, (H, W, 3) uint8 BGR."""
        return self.item.load()


def find_false_words(
    spotter: TorchTextSpotter,
    items: Iterable[InputItem],
    progress: Callable[[], None] = lambda: None,
) -> list[FalseWords]:
    """Find words in images without text. One image is in memory at a time.

    Args:
        spotter: Spotter with the thresholds to measure.
        items: Images, which are assumed to contain no text.
        progress: Callback after each image.

    Returns:
        One result per image, in order.

    Raises:
        ImageReadError: If an image cannot be read.
    """
    results = []
    for item in items:
        results.append(FalseWords(item, find_words(spotter, item.load())))
        progress()
    return results


def most_false_first(results: Iterable[FalseWords]) -> list[FalseWords]:
    """The images with false words, those with the most first."""
    some = [result for result in results if any(map(len, result.found.values()))]
    return sorted(some, key=lambda result: (-result.count('spotter'), -result.count('detector')))
