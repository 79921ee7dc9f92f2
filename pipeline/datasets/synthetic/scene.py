"""A drawn scene and its ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SceneWord:
    """One word of a scene.

    Attributes:
        polygon: (K, 2) float32, pixels (x, y), clockwise from the first character's top-left:
            K/2 points along the top, then K/2 back along the bottom. 4 points where the word is
            straight. Within the picture.
        text: What is written.
        ignore: Too small, faint, blurred, hidden or cut off to be read.
    """

    polygon: np.ndarray
    text: str
    ignore: bool


@dataclass(frozen=True)
class Scene:
    """A picture, (H, W, 3) uint8 BGR, and its words."""

    image: np.ndarray
    words: list[SceneWord]
