"""Scenes as a fusion reads them: projected once per photo, found by each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class WordLayout:
    """How words lie among photos, worked out once so that no decoding step asks again.

    Args:
        rows: (M,) int64, the words that have a photo; None where all have one.
        image_index: (M,) int64, the photo of each of these.
        runs: (image, start, stop) where these words come photo after photo, so that those of one
            photo can share its keys; None where they come too mixed for it.
    """

    rows: Tensor | None
    image_index: Tensor
    runs: tuple[tuple[int, int, int], ...] | None

    @property
    def is_empty(self) -> bool:
        """Whether no word has a photo."""
        return len(self.image_index) == 0

    @staticmethod
    def of(image_index: Tensor) -> WordLayout:
        """The layout of N words by their photos, -1 where there is none."""
        photos = image_index.tolist()
        with_photo = [row for row, photo in enumerate(photos) if photo >= 0]
        rows = None
        if len(with_photo) < len(photos):
            rows = torch.tensor(with_photo, dtype=torch.int64, device=image_index.device)
            image_index = image_index[rows]
        runs = _find_runs([photos[row] for row in with_photo])
        # A call for each photo pays where it is shared: by all words, or by some on a CPU, where
        # a call is cheap beside copying keys for each word.
        pays = len(runs) == 1 or (image_index.device.type == 'cpu' and 2 * len(runs) <= len(photos))
        return WordLayout(rows, image_index, runs if pays else None)


@dataclass(frozen=True, eq=False)
class ProjectedContext:
    """Keys and values of the scene tokens, once per image.

    Args:
        keys: (I, heads, S, width of a head); None where S is 1. One key gets all the attention,
            whatever it is.
        values: (I, heads, S, width of a head); where S is 1 what attention answers to any
            query, (I, D).
        image_index: (N,) int64, as in :class:`~pipeline.structures.SceneContext`.
        layout: None where it cannot be known, in a compiled graph.
    """

    keys: Tensor | None
    values: Tensor
    image_index: Tensor
    layout: WordLayout | None


def _find_runs(photos: Sequence[int]) -> tuple[tuple[int, int, int], ...]:
    runs: list[tuple[int, int, int]] = []
    for row, photo in enumerate(photos):
        if runs and runs[-1][0] == photo:
            runs[-1] = (photo, runs[-1][1], row + 1)
        else:
            runs.append((photo, row, row + 1))
    return tuple(runs)
