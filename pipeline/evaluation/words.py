"""The words of one image, as an evaluation uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

DONT_CARE = '###'


@dataclass(frozen=True)
class Words:
    """Polygons and texts of one image, in file order. ``gt`` stands for ground truth.

    Attributes:
        polygons: One (K, 2) array per word: pixels, (x, y), clockwise or counter-clockwise.
        texts: One text per word. The gt text ``###`` marks a don't-care word.
        confidences: One score in [0, 1] per word, or empty if the predictions have none.
        ignored: One flag per word, or empty. True marks a don't-care word of any text.
        lines: File and line of each word, or empty. Used in error messages only.

    Raises:
        ValueError: If the attributes have different lengths.
    """

    polygons: Sequence[np.ndarray] = ()
    texts: Sequence[str] = ()
    confidences: Sequence[float] = ()
    ignored: Sequence[bool] = ()
    lines: Sequence[str] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        wanted = len(self.polygons)
        if len(self.texts) != wanted:
            raise ValueError(f'{wanted} polygons require {wanted} texts, got {len(self.texts)}.')
        for name in ('confidences', 'ignored', 'lines'):
            got = len(getattr(self, name))
            if got not in (0, wanted):
                raise ValueError(f'{wanted} polygons require {wanted} {name} or none, got {got}.')

    def __len__(self) -> int:
        return len(self.polygons)

    def take(self, order: Sequence[int]) -> Words:
        """The words at the indices ``order``, in that order."""

        def pick(values: Sequence) -> list:
            return [values[i] for i in order] if len(values) else []

        return Words(
            polygons=pick(self.polygons),
            texts=pick(self.texts),
            confidences=pick(self.confidences),
            ignored=pick(self.ignored),
            lines=pick(self.lines),
        )

    def of_confidence(self, least: float) -> Words:
        """The words of at least this confidence."""
        return self.take([i for i, value in enumerate(self.confidences) if value >= least])

    def with_texts(self, texts: Sequence[str]) -> Words:
        """The same words with other texts."""
        return replace(self, texts=texts)

    def with_polygons(self, polygons: Sequence[np.ndarray]) -> Words:
        """The same words with other polygons."""
        return replace(self, polygons=polygons)

    def dont_care(self) -> np.ndarray:
        """(N,) bool: words that the text or the flag marks as don't-care."""
        by_text = np.array([text == DONT_CARE for text in self.texts], dtype=bool)
        return by_text | np.asarray(self.ignored, dtype=bool) if len(self.ignored) else by_text
