"""Bends straight words of photos along arcs, to train on curved words with known texts."""

from __future__ import annotations

import math

import cv2
import numpy as np

from pipeline.geometry import join_sides, ring_size, ring_to_quad

_POINTS = 8  # Points per side of a bent word's polygon.
_MAX_HEIGHT_PX = 96
_LEAST_RADIUS = 1.2  # Radius of the middle line in word heights; tighter arcs squeeze the letters.
_ROOM = 0.4  # Surroundings of the word that are bent with it, in word heights.


def bend_word(image: np.ndarray, ring: np.ndarray, sweep: float) -> tuple[np.ndarray, np.ndarray]:
    """Bend one straight word along a circular arc.

    The middle line of the word becomes an arc of its own length. The surroundings of the word are
    bent with it; beyond them their edge is repeated.

    Args:
        image: (H, W, 3) uint8.
        ring: (4, 2) polygon of the word in pixels, clockwise from its first character.
        sweep: Angle between the two ends in radians. Positive: the middle is higher than the
            ends, as on top of a round sign. Negative: the middle is lower. Reduced if the
            radius would be below 1.2 word heights.

    Returns:
        The (H', W', 3) patch with the bent word, and its (16, 2) float32 polygon in the patch.
    """
    height, width = ring_size(ring)
    scale = min(1.0, _MAX_HEIGHT_PX / max(height, 1e-6))
    height, width = max(height * scale, 1.0), max(width * scale, 1.0)
    bend = max(min(abs(sweep), width / (_LEAST_RADIUS * height)), 1e-3)
    down = -1.0 if sweep < 0 else 1.0
    radius = width / bend
    # The centre of the circle is at (0, 0); y grows downwards.
    angles = np.linspace(-bend / 2, bend / 2, _POINTS)
    unit = np.stack([np.sin(angles), -down * np.cos(angles)], axis=1)
    outer, inner = (radius + height / 2) * unit, (radius - height / 2) * unit
    bent = join_sides(outer, inner) if sweep >= 0 else join_sides(inner, outer)
    room = _ROOM * height
    start = bent.min(0) - room
    columns, rows = np.ceil(bent.max(0) + room - start).astype(int)
    x, y = np.meshgrid(np.arange(columns) + 0.5 + start[0], np.arange(rows) + 0.5 + start[1])
    along = np.arctan2(x, -down * y) * radius + width / 2
    across = down * (radius - np.hypot(x, y)) + height / 2
    along, across = np.clip(along, -room, width + room), np.clip(across, -room, height + room)
    box = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    to_photo = cv2.getPerspectiveTransform(box, ring_to_quad(ring).astype(np.float32))
    places = np.stack([along, across], axis=-1).astype(np.float32).reshape(-1, 1, 2)
    # OpenCV's pixel centres are at integers.
    places = cv2.perspectiveTransform(places, to_photo).reshape(rows, columns, 2) - 0.5
    map_x, map_y = (np.ascontiguousarray(places[..., i], dtype=np.float32) for i in (0, 1))
    patch = cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch), (bent - start).astype(np.float32)


def can_bend(ring: np.ndarray, text: str) -> bool:
    """Whether a word is straight, has three characters and is wide enough to be bent visibly."""
    height, width = ring_size(ring)
    return len(ring) == 4 and len(text) >= 3 and width >= 1.5 * height > 0


def draw_sweep(rng: np.random.Generator) -> float:
    """Angle of an arc in radians; seven of ten words are higher in the middle."""
    return math.radians(rng.uniform(30, 170)) * (1 if rng.random() < 0.7 else -1)
