"""Merging of neighbouring words, and the draw of some words of an image."""

from __future__ import annotations

import numpy as np

from pipeline.datasets.transforms.random_transform import RandomTransform
from pipeline.datasets.word_merging import merge_words
from pipeline.registry import TRANSFORMS


@TRANSFORMS.register_module()
class MergeWords(RandomTransform):
    """Merge words with the words that follow on their line, as detectors do.

    The text of a merged word contains spaces. Use it for recognizers that learn word gaps
    (``CTCDecoder``, ``HybridDecoder(finds_gaps=True)``). The following word also stays a word of
    its own. Words are not merged across ignored words, nor with them.

    Required Keys:
        - gt_polygons
        - gt_texts
        - gt_ignored

    Modified Keys:
        - gt_polygons
        - gt_texts

    Args:
        prob: Probability that a word is merged with the next word, repeatedly.
        max_length: Maximum number of characters of a merged text, with its spaces.
        seed: Random seed; see :class:`RandomTransform`.

    Raises:
        ValueError: If ``prob`` is not in [0, 1].
    """

    def __init__(self, prob: float, max_length: int, seed: int | None = None) -> None:
        super().__init__(seed)
        if not 0 <= prob <= 1:
            raise ValueError(f'prob must be in [0, 1], got {prob}.')
        self.prob = prob
        self.max_length = max_length

    def transform(self, results: dict) -> dict:
        """Merge some words of ``results``."""
        words = [
            (polygon.reshape(-1, 2), None if ignored else text)
            for polygon, text, ignored in zip(
                results['gt_polygons'], results['gt_texts'], results['gt_ignored']
            )
        ]
        polygons, texts = list(results['gt_polygons']), list(results['gt_texts'])
        for index, ring, text in merge_words(words, self.prob, self.max_length, self.rng):
            polygons[index], texts[index] = ring.flatten(), text
        results['gt_polygons'], results['gt_texts'] = polygons, texts
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob}, max_length={self.max_length})'


@TRANSFORMS.register_module()
class SampleWords(RandomTransform):
    """Mark all but a few random words of an image as ignored.

    Use it after ``MergeWords``, which does not merge words across ignored ones.

    Required Keys:
        - gt_ignored

    Modified Keys:
        - gt_ignored

    Args:
        max_words: Maximum number of words that are kept, drawn anew each time.
        seed: Random seed; see :class:`RandomTransform`.

    Raises:
        ValueError: If ``max_words`` is below 1.
    """

    def __init__(self, max_words: int, seed: int | None = None) -> None:
        super().__init__(seed)
        if max_words < 1:
            raise ValueError(f'max_words must be at least 1 word, got {max_words}.')
        self.max_words = max_words

    def transform(self, results: dict) -> dict:
        """Draw the words that stay."""
        used = np.flatnonzero(~results['gt_ignored'])
        if len(used) > self.max_words:
            ignored = np.ones_like(results['gt_ignored'])
            ignored[self.rng.choice(used, self.max_words, replace=False)] = False
            results['gt_ignored'] = ignored
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(max_words={self.max_words})'
