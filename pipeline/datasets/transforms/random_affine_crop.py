"""A single warp that crops, scales, rotates, shears and stretches an image around its words."""

from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms.utils import cache_randomness

from pipeline.datasets.native_size import NativeSize
from pipeline.datasets.transforms.random_transform import RandomTransform
from pipeline.registry import TRANSFORMS

# Words with a smaller share of their area inside the window are marked as ignored.
_MIN_VISIBLE = 0.6


@TRANSFORMS.register_module()
class RandomAffineCrop(RandomTransform):
    """Crop a window of fixed size at a random scale, angle and aspect, mostly near a word.

    A single warp resamples the image once. Resize, rotate and crop in sequence would resample it
    three times and blur small words. Before shrinking, the image is filtered (area average) against
    aliasing. If the image is larger than the window, the window stays inside the image. Polygons
    keep their points and their order; MMOCR's ``Resize`` appends a closing point.

    Required Keys:
        - img
        - img_path (optional)
        - gt_polygons
        - gt_bboxes (optional)
        - gt_bboxes_labels (optional)
        - gt_texts (optional)
        - gt_ignored

    Modified Keys:
        - img
        - img_shape
        - gt_polygons
        - gt_bboxes
        - gt_bboxes_labels
        - gt_texts
        - gt_ignored

    Args:
        size: (height, width) of the crop, in pixels.
        scale_range: Range of the scale, drawn log-uniformly. 1 keeps the image's pixels.
        max_angle_deg: Maximum rotation; the angle is drawn from [-max, max].
        turn_prob: Probability that the angle is drawn from [-90, 90] instead. Most words of a data
            set are horizontal, so a detector would miss rotated ones.
        steep_prob: Probability that the image is squeezed in width and sheared like a wall seen
            from the side: vertical lines keep direction and length, horizontal lines slope.
        max_slope_deg: Maximum slope of horizontal lines by ``steep_prob``, before the rotation.
        min_squeeze: Minimum width by ``steep_prob``, as a share of the original width.
        max_aspect: Maximum factor by which width is stretched or squeezed relative to height.
        word_prob: Probability that the window is placed on a random word that is not ignored,
            instead of anywhere in the image.
        flip_prob: Probability of mirroring left to right. Use 0 for spotting: mirrored text cannot
            be read, but a detector can still learn from it.
        native_size: (height, width) that images had before they were stored stretched; the scale is
            relative to it. Images of another aspect keep their stored size, with a warning
            (:class:`~pipeline.datasets.native_size.NativeSize`). None for images that are stored
            with their own aspect.
        seed: Random seed; see :class:`RandomTransform`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        size: tuple[int, int],
        scale_range: tuple[float, float] = (0.5, 2.0),
        max_angle_deg: float = 10.0,
        turn_prob: float = 0.0,
        steep_prob: float = 0.0,
        max_slope_deg: float = 40.0,
        min_squeeze: float = 0.3,
        max_aspect: float = 1.2,
        word_prob: float = 0.8,
        flip_prob: float = 0.0,
        native_size: tuple[int, int] | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        low, high = scale_range
        if not 0 < low <= high:
            raise ValueError(
                f'scale_range must be (low, high) with 0 < low <= high, got {scale_range}'
            )
        if max_aspect < 1:
            raise ValueError(f'max_aspect must be at least 1, got {max_aspect}')
        if not 0 < min_squeeze <= 1:
            raise ValueError(f'min_squeeze must be above 0 and at most 1, got {min_squeeze}')
        if not 0 <= max_slope_deg < 90:
            raise ValueError(f'max_slope_deg must be in [0, 90), got {max_slope_deg}')
        self.size = tuple(size)
        self.scale_range = (low, high)
        self.max_angle_deg = max_angle_deg
        self.turn_prob = turn_prob
        self.steep_prob = steep_prob
        self.max_slope_deg = max_slope_deg
        self.min_squeeze = min_squeeze
        self.max_aspect = max_aspect
        self.word_prob = word_prob
        self.flip_prob = flip_prob
        self.native_size = NativeSize(native_size)

    @cache_randomness
    def _draw(self, num_words: int) -> dict:
        rng = self.rng
        log_low, log_high = np.log(self.scale_range)
        log_aspect = np.log(self.max_aspect)
        on_word = num_words > 0 and rng.random() < self.word_prob
        max_angle = 90.0 if rng.random() < self.turn_prob else self.max_angle_deg
        squeeze, slope = 1.0, 0.0
        if rng.random() < self.steep_prob:
            squeeze = float(np.exp(rng.uniform(np.log(self.min_squeeze), 0.0)))
            slope = float(np.deg2rad(rng.uniform(-self.max_slope_deg, self.max_slope_deg)))
        return dict(
            squeeze=squeeze,
            slope=slope,
            scale=float(np.exp(rng.uniform(log_low, log_high))),
            aspect=float(np.exp(rng.uniform(-log_aspect, log_aspect))),
            angle=float(np.deg2rad(rng.uniform(-max_angle, max_angle))),
            word=int(rng.integers(num_words)) if on_word else -1,
            place=rng.random(2),
            flip=bool(rng.random() < self.flip_prob),
        )

    def transform(self, results: dict) -> dict:
        """Apply the warp to the image and its words."""
        image = results['img']
        polygons = [np.asarray(p, dtype=np.float32).reshape(-1, 2) for p in results['gt_polygons']]
        # The window is placed on words that are not ignored.
        wanted = np.flatnonzero(~np.asarray(results['gt_ignored'], dtype=bool))
        draw = self._draw(len(wanted))
        if draw['word'] >= 0:
            draw = {**draw, 'word': int(wanted[draw['word']])}
        native_scale = self.native_size.scale(image.shape[:2], results.get('img_path'))
        matrix = self._matrix(image.shape[:2], polygons, draw, native_scale)
        height, width = self.size
        results['img'] = _warp(image, matrix, (width, height))
        results['img_shape'] = (height, width)

        keep, kept_polygons, ignored = [], [], []
        for i, polygon in enumerate(polygons):
            moved = polygon @ matrix[:, :2].T + matrix[:, 2]
            if draw['flip']:
                moved = moved[::-1]
            visible = _visible_share(moved.astype(np.float32), width, height)
            if visible <= 0:
                continue
            keep.append(i)
            kept_polygons.append(moved.astype(np.float32).flatten())
            ignored.append(bool(results['gt_ignored'][i]) or visible < _MIN_VISIBLE)
        results['gt_polygons'] = kept_polygons
        results['gt_ignored'] = np.array(ignored, dtype=bool)
        results['gt_bboxes'] = np.array(
            [_bounding_box(p) for p in kept_polygons], dtype=np.float32
        ).reshape(-1, 4)
        if 'gt_bboxes_labels' in results:
            results['gt_bboxes_labels'] = np.asarray(results['gt_bboxes_labels'])[keep]
        if 'gt_texts' in results:
            results['gt_texts'] = [results['gt_texts'][i] for i in keep]
        return results

    def _matrix(
        self,
        shape: tuple[int, int],
        polygons: list[np.ndarray],
        draw: dict,
        native_scale: tuple[float, float] | None,
    ) -> np.ndarray:
        """(2, 3) affine map from image pixels to crop pixels."""
        height, width = self.size
        stretch = np.sqrt(draw['aspect'])
        scale = np.diag([draw['scale'] * stretch, draw['scale'] / stretch])
        if draw['flip']:
            scale[0, 0] *= -1
        if native_scale is not None:
            scale = scale @ np.diag(native_scale)
        cos, sin = np.cos(draw['angle']), np.sin(draw['angle'])
        steep = np.array([[draw['squeeze'], 0.0], [draw['squeeze'] * np.tan(draw['slope']), 1.0]])
        linear = np.array([[cos, -sin], [sin, cos]]) @ steep @ scale
        if draw['word'] >= 0:
            # The word is placed anywhere in the window: a detector must not learn its position.
            anchor = polygons[draw['word']].mean(0)
            target = (0.1 + 0.8 * draw['place']) * [width, height]
        else:
            anchor = draw['place'] * [shape[1], shape[0]]
            target = np.array([width, height]) / 2
        corners = np.array([[0, 0], [shape[1], 0], [shape[1], shape[0]], [0, shape[0]]])
        corners = corners @ linear.T
        # A window smaller than the image stays inside it; a larger one contains the whole image.
        limits = np.sort([-corners.min(0), [width, height] - corners.max(0)], axis=0)
        return np.column_stack([linear, np.clip(target - linear @ anchor, *limits)])

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(size={self.size}, scale_range={self.scale_range}, '
            f'max_angle_deg={self.max_angle_deg}, turn_prob={self.turn_prob}, '
            f'steep_prob={self.steep_prob}, max_slope_deg={self.max_slope_deg}, '
            f'min_squeeze={self.min_squeeze}, max_aspect={self.max_aspect}, '
            f'word_prob={self.word_prob}, flip_prob={self.flip_prob})'
        )


def _warp(image: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # Length in the crop of one pixel along each axis of the image.
    across, down = np.minimum(1.0, np.linalg.norm(matrix[:, :2], axis=0))
    if min(across, down) < 0.7:
        # Bilinear sampling skips pixels below half size, so average them first.
        shrunk = cv2.resize(image, None, fx=across, fy=down, interpolation=cv2.INTER_AREA)
        factor = np.array([image.shape[1] / shrunk.shape[1], image.shape[0] / shrunk.shape[0]])
        # Pixel centres: x_full = (x_small + 0.5) * factor - 0.5.
        offset = matrix[:, :2] @ (0.5 * factor - 0.5) + matrix[:, 2]
        matrix = np.column_stack([matrix[:, :2] * factor, offset])
        image = shrunk
    return cv2.warpAffine(
        image,
        matrix,
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(114, 114, 114),
    )


def _visible_share(polygon: np.ndarray, width: int, height: int) -> float:
    """Share of the area of a polygon's convex hull that is inside the window."""
    hull = cv2.convexHull(polygon)
    area = cv2.contourArea(hull)
    if area <= 0:
        return 0.0
    low, high = polygon.min(0), polygon.max(0)
    if low.min() >= 0 and high[0] <= width and high[1] <= height:
        return 1.0
    window = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    return float(cv2.intersectConvexConvex(hull, window)[0]) / area


def _bounding_box(polygon: np.ndarray) -> tuple[float, float, float, float]:
    points = polygon.reshape(-1, 2)
    return (*points.min(0), *points.max(0))
