"""Values that travel between the stages of the pipeline.

Shape legend, used in every docstring of this package:

====  =====================================
I     images (whole photos)
N     words, or their crops
T     steps or word tokens of one crop
S     scene tokens of one image
D     recognizer width
C     context width
L     classes of the charset
K     polygon points
====  =====================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class SceneContext:
    """What the context encoder saw of some photos, and which word belongs to which photo.

    Tokens are kept once per photo however many words it holds; a word finds its own through
    ``image_index``. Word-only data has no photo: its rows hold -1 and skip the fusion.

    Args:
        tokens: (I, S, C) floating point, the class token first, then the (pooled) patch grid.
        image_index: (N,) int64 in [-1, I): the photo of each word, -1 where there is none.

    Raises:
        ValueError: If a shape, a dtype, a device or the range of ``image_index`` is wrong.
    """

    tokens: Tensor
    image_index: Tensor

    def __post_init__(self) -> None:
        tokens, index = self.tokens, self.image_index
        if not isinstance(tokens, Tensor) or tokens.ndim != 3 or not tokens.is_floating_point():
            raise ValueError(
                f'tokens must be a floating point (I, S, C) tensor, got {_say(tokens)}.'
            )
        if not isinstance(index, Tensor) or index.ndim != 1 or index.dtype != torch.int64:
            raise ValueError(f'image_index must be an int64 (N,) tensor, got {_say(index)}.')
        if index.device != tokens.device:
            raise ValueError(
                f'tokens are on {tokens.device} and image_index is on {index.device}: move both '
                'to one device before joining them.'
            )
        if index.numel():
            low, high = (int(bound) for bound in torch.aminmax(index))
            if low < -1 or high >= len(tokens):
                raise ValueError(
                    f'image_index must lie in [-1, {len(tokens)}) for {len(tokens)} photos, '
                    f'got values from {low} to {high}.'
                )

    def __len__(self) -> int:
        """Number of words, N."""
        return len(self.image_index)

    @property
    def num_images(self) -> int:
        """Number of photos, I."""
        return len(self.tokens)

    def to(self, device: torch.device | str) -> SceneContext:
        """The same context on another device."""
        return SceneContext(self.tokens.to(device), self.image_index.to(device))


def _say(value: object) -> str:
    if isinstance(value, Tensor):
        return f'{value.dtype} {tuple(value.shape)}'
    return type(value).__name__


@dataclass(frozen=True, eq=False)
class Word:
    """A word read in a photo.

    Args:
        polygon: (K, 2) float32 pixels of the photo, clockwise from the top-left of the first
            character.
        text: The transcript.
        det_score: The detector's confidence, in [0, 1].
        rec_score: The recognizer's probability of the text, in [0, 1].
    """

    polygon: np.ndarray
    text: str
    det_score: float
    rec_score: float

    @property
    def score(self) -> float:
        """How sure it is that this is a word, in [0, 1], whatever it reads.

        The detector's confidence times the geometric mean of the probabilities of the characters
        (the end of the word counts with its last): ``det_score * rec_score ** (1 / len(text))``. A
        long word is no less of a word for the chance that one of its letters is wrong.
        ``rec_score`` tells whether it reads so.
        """
        return self.det_score * self.rec_score ** (1 / max(len(self.text), 1))
