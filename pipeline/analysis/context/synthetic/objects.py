"""Objects of scenes. Each is drawn into the image around (x, y), about a radius in size."""

from __future__ import annotations

import math

import cv2
import numpy as np

Point = tuple[int, int]


def draw_loaf(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A brown loaf with cuts."""
    x, y = at
    tilt = float(rng.uniform(-25, 25))
    cv2.ellipse(image, at, (radius, radius // 2), tilt, 0, 360, _near((50, 110, 180), rng), -1)
    for step in (-1, 0, 1):
        middle = x + step * radius // 2
        ends = ((middle - 3, y - radius // 4), (middle + 3, y + radius // 4))
        cv2.line(image, *ends, (110, 180, 230), 2, cv2.LINE_AA)


def draw_pretzel(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """Three brown rings."""
    colour = _near((35, 75, 140), rng)
    for dx, dy in ((-0.35, 0.2), (0.35, 0.2), (0, -0.3)):
        centre = (at[0] + int(dx * radius), at[1] + int(dy * radius))
        cv2.circle(image, centre, radius // 2, colour, 4, cv2.LINE_AA)


def draw_cross(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """The green cross of a pharmacy."""
    x, y = at
    colour, arm = _near((70, 170, 30), rng), radius // 3
    cv2.rectangle(image, (x - radius, y - arm), (x + radius, y + arm), colour, -1)
    cv2.rectangle(image, (x - arm, y - radius), (x + arm, y + radius), colour, -1)


def draw_bottle(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A bottle with a white label and a cap."""
    x, y = at
    half = radius // 2
    cv2.rectangle(
        image, (x - half, y - half), (x + half, y + radius), _near((60, 120, 40), rng), -1
    )
    cv2.rectangle(image, (x - half, y), (x + half, y + half), (250, 250, 250), -1)
    cv2.rectangle(image, (x - half // 2, y - radius), (x + half // 2, y - half), (90, 90, 90), -1)


def draw_tyre(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A black tyre with a hub."""
    cv2.circle(image, at, radius, (25, 25, 25), -1, cv2.LINE_AA)
    cv2.circle(image, at, radius // 2, _near((170, 170, 175), rng), -1, cv2.LINE_AA)
    cv2.circle(image, at, radius // 6, (40, 40, 40), -1, cv2.LINE_AA)


def draw_wrench(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A shaft with an open jaw; yellow and black stripes beside it."""
    angle = rng.uniform(0, 2 * math.pi)
    end = (at[0] + int(radius * math.cos(angle)), at[1] + int(radius * math.sin(angle)))
    cv2.line(image, at, end, (200, 200, 205), 5, cv2.LINE_AA)
    cv2.circle(image, end, radius // 3, (200, 200, 205), 4, cv2.LINE_AA)
    for i in range(6):
        colour = (20, 200, 235) if i % 2 else (20, 20, 20)
        left = at[0] - radius + i * radius // 3
        cv2.rectangle(image, (left, at[1] + 8), (left + radius // 3, at[1] + 14), colour, -1)


def draw_flower(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """Petals around a yellow heart."""
    colour = _near(((180, 90, 230), (60, 60, 230), (220, 120, 190))[rng.integers(3)], rng)
    for i in range(6):
        angle = i * math.pi / 3
        petal = (
            at[0] + int(0.6 * radius * math.cos(angle)),
            at[1] + int(0.6 * radius * math.sin(angle)),
        )
        cv2.circle(image, petal, radius // 3, colour, -1, cv2.LINE_AA)
    cv2.circle(image, at, radius // 3, (60, 220, 245), -1, cv2.LINE_AA)


def draw_leaf(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A stem with green leaves."""
    x, y = at
    cv2.line(image, (x, y - radius), (x, y + radius), (40, 120, 40), 2)
    for side in (-1, 1):
        leaf = (x + side * radius // 2, y + int(rng.integers(-radius // 2, radius // 2)))
        axes = (radius // 2, radius // 5)
        cv2.ellipse(image, leaf, axes, -30.0 * side, 0, 360, _near((60, 160, 50), rng), -1)


def draw_boat(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A hull and a sail."""
    x, y = at
    hull = [(x - radius, y), (x + radius, y), (x + radius // 2, y + radius // 2),
            (x - radius // 2, y + radius // 2)]  # fmt: skip
    cv2.fillPoly(image, [np.array(hull)], _near((50, 50, 170), rng))
    sail = [(x, y - radius), (x, y - 2), (x + radius * 2 // 3, y - 2)]
    cv2.fillPoly(image, [np.array(sail)], (250, 250, 250))


def draw_wave(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A strip of blue sea, as wide as the photo."""
    width = image.shape[1]
    xs = np.arange(0, width + 8, 8)
    ys = at[1] + 4 * np.sin(xs / rng.uniform(5, 9) + rng.uniform(0, 6))
    points = np.stack([xs, ys], axis=1).astype(np.int32)
    cv2.polylines(image, [points], False, _near((190, 110, 30), rng), 6, cv2.LINE_AA)


def draw_books(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """A row of coloured spines on a shelf."""
    x, y = at
    for i in range(int(rng.integers(5, 10))):
        top = y - radius + int(rng.integers(0, radius // 3))
        colour = tuple(rng.uniform(30, 230, 3))
        cv2.rectangle(image, (x + 6 * i, top), (x + 6 * i + 5, y), colour, -1)
    cv2.rectangle(image, (x - 6, y), (x + 60, y + 3), (30, 45, 70), -1)


def draw_open_book(image: np.ndarray, at: Point, radius: int, rng: np.random.Generator) -> None:
    """Two white pages with lines."""
    x, y = at
    cv2.rectangle(image, (x - radius, y - radius // 2), (x + radius, y + radius // 2),
                  _near((225, 240, 245), rng), -1)  # fmt: skip
    cv2.line(image, (x, y - radius // 2), (x, y + radius // 2), (90, 90, 90), 1)
    for row in range(y - radius // 3, y + radius // 3, 4):
        cv2.line(image, (x - radius + 3, row), (x - 3, row), (120, 120, 120), 1)
        cv2.line(image, (x + 3, row), (x + radius - 3, row), (120, 120, 120), 1)


def _near(colour: tuple[int, int, int], rng: np.random.Generator) -> tuple[float, ...]:
    """A colour (BGR) close to a given one."""
    return tuple(np.clip(np.array(colour) + rng.normal(0, 14, 3), 0, 255))
