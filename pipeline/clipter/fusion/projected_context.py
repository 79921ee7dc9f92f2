"""Scene tokens projected to keys and values, once per image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class WordLayout:
    """How words are distributed over images, computed once for all decoding steps.

    Args:
        rows: (M,) int64 indices of the words that have an image; None if all words have one.
        image_index: (M,) int64 image index of each of these words.
        runs: (image, start, stop) of consecutive words of one image, which can share its keys; None
            if the words are not grouped by image.
    """

    rows: Tensor | None
    image_index: Tensor
    runs: tuple[tuple[int, int, int], ...] | None

    @property
    def is_empty(self) -> bool:
        """Whether no word has an image."""
        return len(self.image_index) == 0

    @staticmethod
    def of(image_index: Tensor) -> WordLayout:
        """The layout of N words, given their image indices (-1 for no image)."""
        images = image_index.tolist()
        with_image = [row for row, image in enumerate(images) if image >= 0]
        rows = None
        if len(with_image) < len(images):
            rows = torch.tensor(with_image, dtype=torch.int64, device=image_index.device)
            image_index = image_index[rows]
        runs = _find_runs([images[row] for row in with_image])
        # One attention call per image is faster if all words share one image. On a CPU it is also
        # faster with several images, because a call costs less than copying keys for each word.
        pays = len(runs) == 1 or (image_index.device.type == 'cpu' and 2 * len(runs) <= len(images))
        return WordLayout(rows, image_index, runs if pays else None)


@dataclass(frozen=True, eq=False)
class ProjectedContext:
    """Keys and values of the scene tokens, once per image.

    Args:
        keys: (I, heads, S, width of a head); None if S is 1, because softmax over one key is always
            1.
        values: (I, heads, S, width of a head); if S is 1, the attention's output for any query, (I,
            D).
        image_index: (N,) int64, as in :class:`~pipeline.structures.SceneContext`.
        layout: Layout of the words; None in a compiled graph, where values are unknown.
    """

    keys: Tensor | None
    values: Tensor
    image_index: Tensor
    layout: WordLayout | None


def _find_runs(images: Sequence[int]) -> tuple[tuple[int, int, int], ...]:
    runs: list[tuple[int, int, int]] = []
    for row, image in enumerate(images):
        if runs and runs[-1][0] == image:
            runs[-1] = (image, runs[-1][1], row + 1)
        else:
            runs.append((image, row, row + 1))
    return tuple(runs)
