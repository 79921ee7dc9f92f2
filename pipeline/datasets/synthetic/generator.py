"""Draws scenes with words.

A scene has a background with objects, text on surfaces rotated in 3D, occluding objects, and a
camera model. Similar to Gupta et al., "Synthetic Data for Text Localisation in Natural Images",
CVPR 2016, without depth maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.datasets.synthetic.backgrounds import crop_photo, draw_ground
from pipeline.datasets.synthetic.camera import draw_camera, noise_tile
from pipeline.datasets.synthetic.distractors import draw_distractor
from pipeline.datasets.synthetic.fonts import FontFace, group_families
from pipeline.datasets.synthetic.inscription import Inscription, compose_inscription
from pipeline.datasets.synthetic.legibility import is_illegible, measure_contrast, share_inside
from pipeline.datasets.synthetic.paint import blend, paint_sheet, random_color
from pipeline.datasets.synthetic.placement import Placement, tilt_homography
from pipeline.datasets.synthetic.scene import Scene, SceneWord
from pipeline.datasets.synthetic.words import WordSource

CELL = 4  # image pixels per cell of the occupancy and texture maps
# Margin between ink and polygon as a share of the word's height, similar to annotators': capitals
# fill 0.84 of the height of their quads in ICDAR 2015's training images, and 0.70 in SVT's.
MARGIN = 0.095


@dataclass(frozen=True)
class _Placed:
    """An inscription in the image: its placement, and its ink in a window of the image."""

    inscription: Inscription
    placement: Placement
    ink: np.ndarray
    origin: tuple[int, int]
    blur_px: float


class SceneGenerator:
    """Draws scenes. All randomness comes from the generator passed to ``draw``.

    Args:
        fonts: Font faces; see ``find_fonts``.
        words: Source of texts.
        backgrounds: Paths of images without text; None or empty for drawn backgrounds only.
        size: (height, width) of the scenes, each at least 64.
        word_count: Minimum and maximum number of words per scene. Scenes without enough space have
            fewer words.
        cap_height_px: Minimum and maximum height of capitals, drawn log-uniformly.
        drawn_share: Share of scenes with a drawn background if ``backgrounds`` is given.

    Raises:
        ValueError: If there is no font, or a range is empty.
    """

    def __init__(
        self,
        fonts: Sequence[FontFace],
        words: WordSource,
        backgrounds: Sequence[str] | None = None,
        size: tuple[int, int] = (640, 640),
        word_count: tuple[int, int] = (3, 25),
        cap_height_px: tuple[float, float] = (8, 120),
        drawn_share: float = 0.15,
    ) -> None:
        if not fonts:
            raise ValueError('expected at least one FontFace, got none; see find_fonts().')
        if min(size) < 64:
            raise ValueError(f'size must be at least (64, 64), got {size}.')
        if not 1 <= word_count[0] <= word_count[1]:
            raise ValueError(f'word_count must be (minimum, maximum) >= 1, got {word_count}.')
        if not 4 <= cap_height_px[0] <= cap_height_px[1]:
            raise ValueError(f'cap_height_px must be (low, high) >= 4, got {cap_height_px}.')
        self.families = group_families(fonts)
        self.words = words
        self.backgrounds = list(backgrounds or [])
        self.size = (int(size[0]), int(size[1]))
        self.word_count = word_count
        self.cap_height_px = cap_height_px
        self.drawn_share = drawn_share
        self._noise = noise_tile((self.size[0] + 96, self.size[1] + 96))

    def draw(self, rng: np.random.Generator) -> Scene:
        """Draw one scene."""
        image = self._draw_ground(rng)
        placed = self._write(rng, image)
        self._cast_shadow(rng, image)
        hidden = self._draw_occluders(rng, image)
        camera = draw_camera(rng)
        image = camera.expose(image)
        words: list[SceneWord] = []
        for item in placed:
            words += self._label(item, image, hidden, camera.spread_px, camera.noise)
        return Scene(camera.record(rng, image, self._noise), words)

    def _draw_ground(self, rng: np.random.Generator) -> np.ndarray:
        drawn = not self.backgrounds or rng.random() < self.drawn_share
        if drawn:
            image = draw_ground(rng, self.size)
        else:
            path = self.backgrounds[int(rng.integers(len(self.backgrounds)))]
            image = crop_photo(rng, path, self.size)
        count = int(rng.integers(1, 6)) if drawn else int(rng.integers(0, 4))
        for _ in range(count):
            self._lay_distractor(rng, image)
        return image

    def _lay_distractor(self, rng: np.random.Generator, image: np.ndarray) -> None:
        reach = np.exp(rng.uniform(np.log(0.06), np.log(0.7))) * max(self.size)
        size = (max(16, int(reach * rng.uniform(0.3, 1))), max(16, int(reach)))
        canvas = draw_distractor(rng, size)
        placement = Placement(
            tilt_homography(
                (size[1] / 2, size[0] / 2),
                1.0,
                rng.normal(0, 0.15),
                rng.normal(0, 0.4),
                rng.normal(0, 0.2),
                1.4 * max(self.size),
            )
        )
        placement = placement.moved(rng.uniform(0, self.size[1]), rng.uniform(0, self.size[0]))
        window = self._window(placement.outline(size[1], size[0]))
        if window is not None:
            blend(image, placement.warp(canvas, window), window[0], window[1])

    def _write(self, rng: np.random.Generator, image: np.ndarray) -> list[_Placed]:
        """Draw inscriptions in place until the scene has its number of words."""
        low, high = self.word_count
        target = low + int((high - low + 1) * rng.random() ** 1.5)
        bounds = np.log(self.cap_height_px)
        usual = rng.uniform(*bounds)
        roll, yaw, pitch = rng.normal(0, 0.07), rng.normal(0, 0.3), rng.normal(0, 0.15)
        height, width = self.size
        cells = (width // CELL, height // CELL)
        taken = np.zeros(cells[::-1], np.uint8)
        small = cv2.resize(image, cells, interpolation=cv2.INTER_AREA)
        gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        edges = cv2.add(
            cv2.convertScaleAbs(cv2.Sobel(gray, cv2.CV_16S, 1, 0)),
            cv2.convertScaleAbs(cv2.Sobel(gray, cv2.CV_16S, 0, 1)),
        )
        texture = cv2.integral(edges)
        placed: list[_Placed] = []
        count = 0
        for attempt in range(5 * target):
            if count >= target or attempt >= 40:
                break
            if rng.random() < 0.5:
                log_height = rng.uniform(*bounds)
            else:
                log_height = float(np.clip(usual + rng.normal(0, 0.4), *bounds))
            cap = float(np.exp(log_height)) * (0.8 ** max(0, attempt - target))
            item = self._place(
                rng,
                image,
                taken,
                small,
                texture,
                max(cap, self.cap_height_px[0]),
                target - count,
                (roll, yaw, pitch),
            )
            if item is not None:
                placed.append(item)
                count += len(item.inscription.sheet.words)
        return placed

    def _place(
        self,
        rng: np.random.Generator,
        image: np.ndarray,
        taken: np.ndarray,
        small: np.ndarray,
        texture: np.ndarray,
        cap: float,
        room: int,
        pose: tuple[float, float, float],
    ) -> _Placed | None:
        # Small letters are drawn larger and downsampled, as by a camera.
        scale = 1.0 if cap > 36 else 1.0 / rng.uniform(1.2, 1.8)
        inscription = compose_inscription(rng, self.families, self.words, cap / scale, room)
        sheet = inscription.sheet
        sheet_h, sheet_w = sheet.mask.shape
        roll, yaw, pitch = self._draw_pose(rng, pose)
        bent = inscription.bend is not None
        center = (0.0, 0.0) if bent else (sheet_w / 2, sheet_h / 2)
        for _ in range(3):
            placement = Placement(
                tilt_homography(
                    center,
                    scale,
                    roll,
                    yaw,
                    pitch,
                    max(1.4 * max(self.size), scale * max(sheet_w, sheet_h)),
                ),
                inscription.bend,
            )
            outline = placement.outline(sheet_w, sheet_h)
            extent = outline.max(axis=0) - outline.min(axis=0)
            fit = float(min(0.97 * self.size[1] / extent[0], 0.97 * self.size[0] / extent[1]))
            if fit >= 1:
                break
            scale *= fit * 0.98
        if scale * inscription.cap_px < 0.7 * self.cap_height_px[0]:
            return None
        shift = self._find_room(rng, outline, taken, texture, choosy=not inscription.plate)
        if shift is None:
            return None
        placement = placement.moved(*shift)
        outline = placement.outline(sheet_w, sheet_h)
        window = self._window(outline)
        if window is None:
            return None
        region = np.zeros_like(taken)
        cv2.fillPoly(region, [np.round(outline / CELL).astype(np.int32)], 255)
        ground = cv2.mean(small, region)[:3]
        np.maximum(taken, region, out=taken)
        canvas = paint_sheet(
            rng, sheet.mask, inscription.cap_px, ground, inscription.plate, inscription.pad_px
        )
        blur = 0.0
        if rng.random() < 0.45:
            blur = rng.uniform(0.01, 0.08) * inscription.cap_px
            canvas = cv2.GaussianBlur(canvas, (0, 0), max(0.3, blur))
        if scale < 0.55:  # bilinear sampling would skip sheet pixels
            canvas = cv2.GaussianBlur(canvas, (0, 0), 0.35 / scale)
        blend(image, placement.warp(canvas, window), window[0], window[1])
        ink = placement.warp(sheet.mask, window)
        return _Placed(inscription, placement, ink, (window[0], window[1]), blur * scale)

    def _draw_pose(
        self,
        rng: np.random.Generator,
        usual: tuple[float, float, float],
    ) -> tuple[float, float, float]:
        """Roll, yaw and pitch in radians: mostly near the scene's own pose, sometimes different."""
        form = rng.random()
        if form < 0.55:
            roll, yaw, pitch = (value + rng.normal(0, 0.02) for value in usual)
        elif form < 0.85:
            roll, yaw, pitch = rng.normal(0, 0.12), rng.normal(0, 0.4), rng.normal(0, 0.2)
        elif form < 0.96:
            roll, yaw, pitch = rng.uniform(-0.8, 0.8), rng.normal(0, 0.3), rng.normal(0, 0.2)
        elif form < 0.99:
            side = 1 if rng.random() < 0.5 else -1
            roll, yaw, pitch = side * np.pi / 2 + rng.normal(0, 0.08), 0.0, 0.0
        else:
            roll, yaw, pitch = rng.uniform(-np.pi, np.pi), 0.0, 0.0
        return float(roll), float(np.clip(yaw, -1.0, 1.0)), float(np.clip(pitch, -0.6, 0.6))

    def _find_room(
        self,
        rng: np.random.Generator,
        outline: np.ndarray,
        taken: np.ndarray,
        texture: np.ndarray,
        choosy: bool,
    ) -> tuple[float, float] | None:
        """A shift that moves an outline to a free place, preferably smooth if ``choosy``."""
        height, width = self.size
        low, high = outline.min(axis=0), outline.max(axis=0)
        spill = 0.0
        if rng.random() < 0.12:  # may be cut by the image border
            spill = 0.4 * float(min(high - low))
        best: tuple[float, tuple[float, float]] | None = None
        wanted = 5 if choosy and rng.random() < 0.75 else 1
        for _ in range(14):
            x = rng.uniform(-low[0] - spill, width - high[0] + spill)
            y = rng.uniform(-low[1] - spill, height - high[1] + spill)
            moved = (outline + np.array([x, y])) / CELL
            region = np.zeros_like(taken)
            cv2.fillPoly(region, [np.round(moved).astype(np.int32)], 255)
            if cv2.countNonZero(cv2.min(region, taken)):
                continue
            x1, y1 = np.clip(moved.min(axis=0), 0, np.array(taken.shape[::-1]) - 1).astype(int)
            x2, y2 = np.clip(moved.max(axis=0), 1, np.array(taken.shape[::-1])).astype(int)
            area = max(1, (x2 - x1) * (y2 - y1))
            energy = (texture[y2, x2] - texture[y1, x2] - texture[y2, x1] + texture[y1, x1]) / area
            if best is None or energy < best[0]:
                best = (float(energy), (float(x), float(y)))
            wanted -= 1
            if wanted <= 0:
                break
        return None if best is None else best[1]

    def _window(self, outline: np.ndarray) -> tuple[int, int, int, int] | None:
        x1, y1 = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 1, 0)
        x2, y2 = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 1, self.size[::-1])
        if x2 - x1 < 2 or y2 - y1 < 2:
            return None
        return int(x1), int(y1), int(x2), int(y2)

    def _cast_shadow(self, rng: np.random.Generator, image: np.ndarray) -> None:
        """Darken a random polygon with soft edges, in place."""
        if rng.random() > 0.2:
            return
        height, width = self.size[0] // CELL, self.size[1] // CELL
        points = rng.uniform(-0.3, 1.3, (int(rng.integers(3, 6)), 2)) * (width, height)
        light = np.ones((height, width), np.float32)
        cv2.fillPoly(light, [points.astype(np.int32)], float(rng.uniform(0.4, 0.8)))
        soft = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.6, 4))
        gain = cv2.resize(soft, self.size[::-1], interpolation=cv2.INTER_LINEAR)
        cv2.multiply(image, cv2.merge([gain] * 3), dst=image, dtype=cv2.CV_8U)

    def _draw_occluders(self, rng: np.random.Generator, image: np.ndarray) -> np.ndarray | None:
        """Draw poles, cables, leaves and patches in place; returns their (H, W) uint8 mask."""
        if rng.random() > 0.25:
            return None
        height, width = self.size
        hidden = np.zeros(self.size, np.uint8)
        for _ in range(int(rng.integers(1, 4))):
            color = random_color(rng)
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            form = rng.random()
            if form < 0.5:  # a pole or a cable
                thick = int(np.exp(rng.uniform(0, np.log(max(self.size) / 25))))
                angle = rng.normal(np.pi / 2, 0.1) if rng.random() < 0.6 else rng.uniform(0, np.pi)
                dx, dy = np.cos(angle) * 2 * width, np.sin(angle) * 2 * height
                ends = ((int(x - dx), int(y - dy)), (int(x + dx), int(y + dy)))
                cv2.line(image, *ends, color, thick, cv2.LINE_AA)
                cv2.line(hidden, *ends, 255, thick)
            elif form < 0.75:
                axes = rng.uniform(0.01, 0.08, 2) * max(self.size)
                args = (
                    (int(x), int(y)),
                    (int(axes[0]) + 1, int(axes[1]) + 1),
                    rng.uniform(0, 180),
                    0,
                    360,
                )
                cv2.ellipse(image, *args, color, -1, cv2.LINE_AA)
                cv2.ellipse(hidden, *args, 255, -1)
            else:
                spread = rng.uniform(0.02, 0.1) * max(self.size)
                for _ in range(int(rng.integers(10, 50))):
                    center = (int(x + rng.normal() * spread), int(y + rng.normal() * spread))
                    axes_px = (int(rng.integers(2, 10)), int(rng.integers(1, 5)))
                    angle = rng.uniform(0, 180)
                    leaf = np.clip(np.array(color) * rng.uniform(0.6, 1.3), 0, 255).tolist()
                    cv2.ellipse(image, center, axes_px, angle, 0, 360, leaf, -1)
                    cv2.ellipse(hidden, center, axes_px, angle, 0, 360, 255, -1)
        return hidden

    def _label(
        self,
        item: _Placed,
        image: np.ndarray,
        hidden: np.ndarray | None,
        blur_px: float,
        noise: float,
    ) -> list[SceneWord]:
        words = []
        total_blur = float(np.hypot(blur_px, item.blur_px))
        for word in item.inscription.sheet.words:
            x1, y1, x2, y2 = word.box
            points = 2
            if item.inscription.bend is not None:
                points = int(np.clip(round(2 + 1.2 * (x2 - x1) / (y2 - y1)), 3, 8))
            ink = item.placement.box_polygon(word.box, points)
            if share_inside(ink, self.size) < 0.05:
                continue
            margin = MARGIN * (y2 - y1)
            box = (x1 - margin, y1 - margin, x2 + margin, y2 + margin)
            polygon = item.placement.box_polygon(box, points)
            contrast, deviation = measure_contrast(image, polygon, item.ink, item.origin)
            ignore = is_illegible(
                ink, self.size, contrast, deviation, total_blur, noise, _share_hidden(ink, hidden)
            )
            clipped = np.clip(polygon, 0, (self.size[1], self.size[0])).astype(np.float32)
            words.append(SceneWord(clipped, word.text, ignore))
        return words


def _share_hidden(polygon: np.ndarray, hidden: np.ndarray | None) -> float:
    if hidden is None:
        return 0.0
    x1, y1 = np.maximum(np.floor(polygon.min(axis=0)).astype(int), 0)
    x2, y2 = np.ceil(polygon.max(axis=0)).astype(int) + 1
    window = hidden[y1:y2, x1:x2]
    if not window.size or not window.any():
        return 0.0
    inside = np.zeros(window.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(polygon - (x1, y1)).astype(np.int32)], 255)
    return cv2.countNonZero(cv2.min(inside, window)) / max(1, cv2.countNonZero(inside))
