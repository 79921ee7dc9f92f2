"""Places and crops of words for the toy spotter."""

from __future__ import annotations

import numpy as np
from toy_spotter import BOX, draw_photo

from pipeline import Word

LEFT, MIDDLE, RIGHT = (10, 12, 60, 30), (70, 10, 120, 28), (130, 11, 190, 29)
BELOW = (20, 60, 100, 84)
TALL = (20, 5, 44, 95)


def texts(words: list[Word]) -> str:
    return ''.join(word.text for word in words)


def draw_crop(letter: str, size: tuple[int, int] = (24, 80)) -> np.ndarray:
    height, width = size
    return draw_photo((letter, (0, 0, width, height)), size=size)


def whole(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]])


def with_start(photo: np.ndarray, side: str) -> np.ndarray:
    """Mark where the word of ``BOX`` or ``TALL`` starts."""
    x1, y1, x2, y2 = TALL if side in ('top', 'bottom') else BOX
    strip = {
        'left': np.s_[y1:y2, x1 : x1 + 20],
        'right': np.s_[y1:y2, x2 - 20 : x2],
        'top': np.s_[y1 : y1 + 20, x1:x2],
        'bottom': np.s_[y2 - 20 : y2, x1:x2],
    }[side]
    photo[strip][..., 2] = 200
    return photo
