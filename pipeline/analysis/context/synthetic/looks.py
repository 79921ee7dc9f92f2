"""Looks of the kinds of scenes, without words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.analysis.context.synthetic import objects
from pipeline.analysis.context.synthetic.vocabulary import KINDS

Colour = tuple[int, int, int]
_Draw = Callable[[np.ndarray, tuple[int, int], int, np.random.Generator], None]

LIGHTS = {'by day': 1.0, 'at dusk': 0.8, 'at night': 0.6}
"""Light of a scene -> its brightness."""

_WALLS: dict[str, Sequence[Colour]] = {  # BGR
    'bakery': ((160, 205, 235), (150, 190, 225), (120, 170, 210)),
    'pharmacy': ((235, 240, 235), (215, 235, 215), (245, 240, 230)),
    'garage': ((120, 120, 120), (95, 100, 105), (110, 105, 100)),
    'florist': ((150, 215, 160), (190, 150, 235), (130, 205, 170)),
    'harbour': ((225, 190, 140), (235, 205, 165), (205, 170, 120)),
    'bookshop': ((100, 55, 80), (85, 50, 70), (120, 70, 95)),
}
_OBJECTS: dict[str, Sequence[_Draw]] = {
    'bakery': (objects.draw_loaf, objects.draw_pretzel),
    'pharmacy': (objects.draw_cross, objects.draw_bottle),
    'garage': (objects.draw_tyre, objects.draw_wrench),
    'florist': (objects.draw_flower, objects.draw_leaf),
    'harbour': (objects.draw_boat, objects.draw_wave),
    'bookshop': (objects.draw_books, objects.draw_open_book),
}


def draw_look(kind: str, size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """Draw a scene without words.

    Args:
        kind: One of ``KINDS``.
        size: (height, width) in pixels.
        rng: Random generator of everything except the kind.

    Returns:
        Image (height, width, 3) uint8 BGR, and its light, a key of ``LIGHTS``.

    Raises:
        ValueError: If the kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f'kind must be one of {KINDS}, got {kind!r}.')
    height, width = size
    wall = np.array(_WALLS[kind][int(rng.integers(len(_WALLS[kind])))], np.float32)
    ramp = np.linspace(rng.uniform(0.85, 1.1), rng.uniform(0.85, 1.1), height)
    image = np.clip(wall * ramp[:, None, None], 0, 255).astype(np.uint8)
    image = np.ascontiguousarray(np.broadcast_to(image, (height, width, 3)))
    for _ in range(int(rng.integers(14, 22))):
        draw = _OBJECTS[kind][int(rng.integers(len(_OBJECTS[kind])))]
        place = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        draw(image, place, int(rng.integers(14, 30)), rng)
    light = list(LIGHTS)[rng.integers(len(LIGHTS))]
    shade = LIGHTS[light] * rng.uniform(0.9, 1.1, 3)
    return np.clip(image * shade, 0, 255).astype(np.uint8), light


def describe(kind: str, light: str, rng: np.random.Generator) -> str:
    """A random caption of a scene, for the training of CLIP."""
    openings = ('a photo of a', 'a view of a', 'the front of a', 'a drawing of a', 'signs at a')
    return f'{openings[rng.integers(len(openings))]} {kind} {light}'
