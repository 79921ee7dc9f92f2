"""Values that the stages of the pipeline pass to each other.

Shape legend, used in every docstring of this package:

====  =====================================
I     images
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
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class SceneContext:
    """Scene tokens of a batch of images, and the image of each word.

    Tokens are stored once per image. ``image_index`` maps each word to the tokens of its image.
    Crops without an image have the index -1 and skip the fusion.

    Args:
        tokens: (I, S, C) floating point, the class token first, then the (pooled) patch grid.
        image_index: (N,) int64 in [-1, I): the image of each word, -1 for words without one.

    Raises:
        ValueError: If a shape, a dtype, a device or the range of ``image_index`` is wrong.
    """

    tokens: Tensor
    image_index: Tensor

    def __post_init__(self) -> None:
        import torch
        from torch import Tensor

        tokens, index = self.tokens, self.image_index
        if not isinstance(tokens, Tensor) or tokens.ndim != 3 or not tokens.is_floating_point():
            raise ValueError(
                f'tokens must be a floating point (I, S, C) tensor, got {_describe(tokens)}.'
            )
        if not isinstance(index, Tensor) or index.ndim != 1 or index.dtype != torch.int64:
            raise ValueError(f'image_index must be an int64 (N,) tensor, got {_describe(index)}.')
        if index.device != tokens.device:
            raise ValueError(
                f'tokens are on {tokens.device} and image_index is on {index.device}: move both '
                'to one device before joining them.'
            )
        if index.numel():
            low, high = (int(bound) for bound in torch.aminmax(index))
            if low < -1 or high >= len(tokens):
                raise ValueError(
                    f'image_index must be in [-1, {len(tokens)}) for {len(tokens)} images, '
                    f'got values from {low} to {high}.'
                )

    def __len__(self) -> int:
        """Number of words, N."""
        return len(self.image_index)

    @property
    def num_images(self) -> int:
        """Number of images, I."""
        return len(self.tokens)

    def to(self, device: torch.device | str) -> SceneContext:
        """The same context on another device."""
        return SceneContext(self.tokens.to(device), self.image_index.to(device))


def _describe(value: object) -> str:
    if hasattr(value, 'dtype') and hasattr(value, 'shape'):
        return f'{value.dtype} {tuple(value.shape)}'
    return type(value).__name__


@dataclass(frozen=True, eq=False)
class Word:
    """A word that was read in an image.

    Args:
        polygon: (K, 2) float32 in pixels of the image, clockwise from the top-left of the first
            character.
        text: Transcript.
        det_score: Confidence of the detector, in [0, 1].
        rec_score: Probability of the text under the recognizer, in [0, 1].
    """

    polygon: np.ndarray
    text: str
    det_score: float
    rec_score: float

    @property
    def score(self) -> float:
        """Confidence that the polygon is a word, in [0, 1]; ``rec_score`` rates the transcript.

        ``det_score * rec_score ** (1 / len(text))``: the detector's confidence times the geometric
        mean of the character probabilities (the end token counts with the last character). The
        mean keeps the score of long words comparable to that of short words.
        """
        return self.det_score * self.rec_score ** (1 / max(len(self.text), 1))
