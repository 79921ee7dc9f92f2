"""The words of one photo, as an evaluation sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

DONT_CARE = '###'


@dataclass(frozen=True)
class Words:
    """Polygons and transcripts of one photo, in file order.

    Attributes:
        polygons: One (K, 2) array a word, pixels, (x, y), in either ring order.
        texts: One transcript a word. A gt text of exactly ``###`` marks a don't-care word.
        confidences: One score a word in [0, 1], or empty where the protocol has none.
        ignored: One flag a word, or empty; a set flag marks a don't-care word whatever its text.
        lines: The file and the line each word came from, or empty. Used in messages only.
    """

    polygons: Sequence[np.ndarray] = ()
    texts: Sequence[str] = ()
    confidences: Sequence[float] = ()
    ignored: Sequence[bool] = ()
    lines: Sequence[str] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        wanted = len(self.polygons)
        if len(self.texts) != wanted:
            raise ValueError(f'{wanted} polygons want as many texts, got {len(self.texts)}.')
        for name in ('confidences', 'ignored', 'lines'):
            got = len(getattr(self, name))
            if got not in (0, wanted):
                raise ValueError(f'{wanted} polygons want as many {name} or none, got {got}.')

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

    def with_texts(self, texts: Sequence[str]) -> Words:
        """The same words read as ``texts``."""
        return replace(self, texts=texts)

    def with_polygons(self, polygons: Sequence[np.ndarray]) -> Words:
        """The same words at ``polygons``."""
        return replace(self, polygons=polygons)

    def dont_care(self) -> np.ndarray:
        """(N,) bool: which words are marked illegible, by text or by flag."""
        by_text = np.array([text == DONT_CARE for text in self.texts], dtype=bool)
        return by_text | np.asarray(self.ignored, dtype=bool) if len(self.ignored) else by_text
