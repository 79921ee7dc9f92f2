"""Words that a spotter finds where there are none."""

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
    """What was found in a photo without text.

    Attributes:
        item: The photo.
        found: Stage -> words, all of them false.
    """

    item: InputItem
    found: dict[Stage, Words]

    def count(self, stage: Stage) -> int:
        """False words of a stage."""
        return len(self.found[stage])

    def load(self) -> np.ndarray:
        """The photo, (H, W, 3) uint8 BGR."""
        return self.item.load()


def find_false_words(
    spotter: TorchTextSpotter,
    items: Iterable[InputItem],
    progress: Callable[[], None] = lambda: None,
) -> list[FalseWords]:
    """Look for words in photos without text; one photo is in memory.

    Args:
        spotter: With the thresholds that are to be measured.
        items: The photos. Whether they are free of text is not checked.
        progress: Called after each.

    Returns:
        All photos, in order.

    Raises:
        ImageReadError: If one cannot be read: all are counted, or none.
    """
    results = []
    for item in items:
        results.append(FalseWords(item, find_words(spotter, item.load())))
        progress()
    return results


def most_false_first(results: Iterable[FalseWords]) -> list[FalseWords]:
    """The photos in which something was found, those with the most of it first."""
    some = [result for result in results if any(map(len, result.found.values()))]
    return sorted(some, key=lambda result: (-result.count('spotter'), -result.count('detector')))
