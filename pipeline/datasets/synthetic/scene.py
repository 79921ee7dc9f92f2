"""A synthetic scene and its ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SceneWord:
    """One word of a scene.

    Attributes:
        polygon: (K, 2) float32 pixels (x, y) inside the image, clockwise from the first character's
            top-left: K/2 points along the top, then K/2 along the bottom. Straight words have 4
            points.
        text: Text of the word.
        ignore: Whether the word is too small, faint, blurred, hidden or cut off to be read.
    """

    polygon: np.ndarray
    text: str
    ignore: bool


@dataclass(frozen=True)
class Scene:
    """An image, (H, W, 3) uint8 BGR, and its words."""

    image: np.ndarray
    words: list[SceneWord]
