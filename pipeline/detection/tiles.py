"""Overlapping tiles of a large network input, and merging of the words found in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
import shapely

from pipeline.detection.detections import Detections
from pipeline.geometry import order_ring, polygon_shape

_OVERLAP = 0.25  # Overlap of neighbouring tiles, as a fraction of their largest side.
_BORDER_PX = 8.0  # Words this close to an inner border of a tile may be cut.
_JOINED = 0.1  # Intersection of two pieces of one word, as a fraction of the smaller piece.


@dataclass(frozen=True)
class Tile:
    """A part of an image of (height, width) pixels.

    Args:
        top: First row.
        left: First column.
        bottom: Row after the last one.
        right: Column after the last one.
        size: (height, width) of the whole image.
    """

    top: int
    left: int
    bottom: int
    right: int
    size: tuple[int, int]

    @property
    def rows(self) -> slice:
        """Rows of the tile."""
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        """Columns of the tile."""
        return slice(self.left, self.right)

    @property
    def is_part(self) -> bool:
        """Whether the tile is smaller than the image."""
        return (self.bottom - self.top, self.right - self.left) != self.size

    def grow(self, margin_px: int) -> Tile:
        """The tile with a margin on each side, inside the image."""
        height, width = self.size
        return Tile(
            max(self.top - margin_px, 0),
            max(self.left - margin_px, 0),
            min(self.bottom + margin_px, height),
            min(self.right + margin_px, width),
            self.size,
        )

    def cut(self, tile_px: int, divisor: int, side_px: int | None = None) -> list[Tile]:
        """Cut the tile into smaller ones that overlap by at least a quarter of ``tile_px``.

        Args:
            tile_px: Maximum side of a smaller tile.
            divisor: Borders are multiples of this, as those of this tile.
            side_px: Sides are multiples of this if they fit. None is ``divisor``.

        Returns:
            Tiles of about the same size, row by row: this tile if it is not larger than
            ``tile_px``.
        """
        return [
            Tile(top, left, bottom, right, self.size)
            for top, bottom in _cut_side(self.top, self.bottom, tile_px, divisor, side_px)
            for left, right in _cut_side(self.left, self.right, tile_px, divisor, side_px)
        ]

    def overlaps(self, other: Tile) -> bool:
        """Whether two tiles of one image have common pixels."""
        return max(self.top, other.top) < min(self.bottom, other.bottom) and max(
            self.left, other.left
        ) < min(self.right, other.right)

    def cuts(self, polygon: np.ndarray) -> bool:
        """Whether a polygon, in pixels of the whole image, reaches a border inside the image."""
        (x1, y1), (x2, y2) = polygon.min(axis=0), polygon.max(axis=0)
        height, width = self.size
        return bool(
            (self.left > 0 and x1 < self.left + _BORDER_PX)
            or (self.top > 0 and y1 < self.top + _BORDER_PX)
            or (self.right < width and x2 > self.right - _BORDER_PX)
            or (self.bottom < height and y2 > self.bottom - _BORDER_PX)
        )


def merge_tiles(tiles: Sequence[Tile], found: Sequence[Detections]) -> Detections:
    """Merge the words of overlapping tiles.

    A word that does not reach an inner border of its tile is complete. Of complete words of
    different tiles that cover each other by more than half of the smaller area, the largest one is
    kept. Pieces at the
    borders are dropped if complete words cover more than half of their area. The other pieces,
    of words that are longer than the overlap, are joined to one rectangle per word. If no tiles
    overlap, all words are kept.

    Args:
        tiles: Tiles of one image.
        found: Words of each tile, in pixels of the tile.

    Returns:
        Words in pixels of the whole image.
    """
    words = [
        (polygon + np.array([tile.left, tile.top], dtype=np.float32), float(score), tile)
        for tile, some in zip(tiles, found)
        for polygon, score in zip(some.polygons, some.scores)
    ]
    if not any(tile.overlaps(other) for tile, other in combinations(tiles, 2)):
        polygons = [polygon for polygon, _, _ in words]
        return Detections(polygons, np.array([score for _, score, _ in words], dtype=np.float32))
    outlines = [polygon_shape(polygon) for polygon, _, _ in words]
    is_cut = [tile.cuts(polygon) for polygon, _, tile in words]
    source = [number for number, some in enumerate(found) for _ in some.polygons]
    complete = _largest([i for i, cut in enumerate(is_cut) if not cut], outlines, source)
    tree = shapely.STRtree([outlines[i] for i in complete])
    pieces = []
    for i in (i for i, cut in enumerate(is_cut) if cut):
        covering = [outlines[complete[row]] for row in tree.query(outlines[i])]
        covered = sum(outlines[i].intersection(other).area for other in covering)
        if covered <= 0.5 * outlines[i].area:
            pieces.append(i)
    kept = [(words[i][0], words[i][1]) for i in complete]
    for group in _touching(pieces, outlines):
        points = np.concatenate([words[i][0] for i in group])
        areas = np.array([outlines[i].area for i in group])
        score = float(np.average([words[i][1] for i in group], weights=np.maximum(areas, 1e-6)))
        kept.append((words[group[0]][0] if len(group) == 1 else _rectangle(points), score))
    return Detections(
        [polygon for polygon, _ in kept], np.array([score for _, score in kept], dtype=np.float32)
    )


def _cut_side(
    start: int, end: int, tile_px: int, divisor: int, side_px: int | None
) -> list[tuple[int, int]]:
    """First pixel of each tile along one side, and the pixel after its last one."""
    length, most = end - start, tile_px // divisor * divisor
    if length <= most:
        return [(start, end)]
    overlap = max(divisor, int(-(-_OVERLAP * most // divisor)) * divisor)
    count = -(-(length - overlap) // (most - overlap))
    step = -(-(side_px or divisor) // divisor) * divisor
    side = min(-(-(length + (count - 1) * overlap) // (count * step)) * step, most)
    # Rounded down, neighbours are at most one step apart.
    firsts = [start + (length - side) * i // (count - 1) // divisor * divisor for i in range(count)]
    return [(first, first + side) for first in firsts]


def _largest(rows: list[int], outlines: list[shapely.Polygon], source: list[int]) -> list[int]:
    """Drop words that a larger one of another tile covers, or that cover it, by half."""
    tree = shapely.STRtree([outlines[i] for i in rows])
    kept: set[int] = set()
    for i in sorted(rows, key=lambda i: (-outlines[i].area, i)):
        near = [rows[row] for row in tree.query(outlines[i]) if rows[row] in kept]
        near = [j for j in near if source[j] != source[i]]
        if not any(
            outlines[i].intersection(outlines[j]).area > 0.5 * outlines[i].area for j in near
        ):
            kept.add(i)
    return sorted(kept)


def _touching(rows: list[int], outlines: list[shapely.Polygon]) -> list[list[int]]:
    """Groups of pieces that overlap, directly or through others."""
    groups: list[list[int]] = []
    for i in rows:
        smaller = [
            group
            for group in groups
            if any(
                outlines[i].intersection(outlines[j]).area
                > _JOINED * min(outlines[i].area, outlines[j].area)
                for j in group
            )
        ]
        groups = [group for group in groups if group not in smaller]
        groups.append(sorted([i, *(j for group in smaller for j in group)]))
    return groups


def _rectangle(points: np.ndarray) -> np.ndarray:
    """The smallest rectangle around points, in reading order."""
    return order_ring(cv2.boxPoints(cv2.minAreaRect(points.astype(np.float32))))
