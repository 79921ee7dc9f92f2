"""Word detection at one or several image sizes, independent of the network's framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from pipeline.detection.detections import Detections, all_small, merge_detections
from pipeline.detection.regions import find_regions
from pipeline.detection.tiles import Tile, merge_tiles
from pipeline.geometry import order_ring

_LEAST_MAP_SCALE = 0.45
"""Scale of a coarse pass, in that of the first pass, from which on it shows where text can be."""

_GROW_DIVISORS = 4
"""Margin of regions that cut a word, in divisors."""


class Prediction(NamedTuple):
    """The words of one image.

    Args:
        polygons: N polygons in pixels of the original image.
        scores: (N,) scores.
        prob_map: (h, w) probabilities of text at the size of the network input. None if there are
            none: the first pass then searches the whole image.
    """

    polygons: Sequence[np.ndarray]
    scores: np.ndarray
    prob_map: np.ndarray | None = None


Predict = Callable[[list[np.ndarray], list[tuple[int, int]]], Sequence[Prediction]]
"""Network with its postprocessor: resized images of one size and their original (height, width)
-> a ``Prediction`` per image."""


class ImagePyramid:
    """Resizes images for a text detector and merges its results at several sizes.

    Images are resized to a long side of ``long_side_px``, with both sides multiples of
    ``divisor``. ``coarse_long_sides_px`` adds further passes at smaller sizes, for words that
    exceed the network's receptive field at full size. :func:`merge_detections` resolves overlaps
    between the passes. A coarse pass is skipped if the coarse pass before it has found words, and
    all of them are smaller than ``coarse_min_side_px``. Images without words in all passes get one
    more at half the smallest size. If the network returns probability maps, the first pass is the
    last one and searches only the regions in which the largest coarse pass has seen text
    (:func:`find_regions`). Images that ``max_upscale`` keeps small are searched whole.

    Long images and very large images are not shrunk beyond use: ``max_aspect`` and ``min_scale``
    limit the scale from below. Inputs and regions larger than ``tile_px`` are cut into overlapping
    tiles, and :func:`merge_tiles` merges the words of the tiles.

    Args:
        long_side_px: Long side of the network input in the first pass.
        coarse_long_sides_px: Long sides of the further passes, in decreasing order. A pass is
            skipped for images that are not larger than this in the first pass.
        coarse_min_side_px: Minimum short side of words from a coarse pass, in pixels of that
            pass. Smaller words are taken from the finer passes only.
        max_upscale: Maximum factor by which small images are enlarged.
        divisor: Both sides of the network input are multiples of this.
        min_score: Words with a lower score are dropped.
        batch_size: Maximum number of images per forward pass, which bounds the memory. Tiles run
            one at a time.
        tile_px: Maximum side of a network input, at least four times ``divisor``. None is
            ``long_side_px``.
        max_aspect: An image that is longer than this times its short side gets the scale of an
            image of this aspect ratio, but is not enlarged by this rule.
        min_scale: Minimum scale of the first pass.
        region_px: Sides of regions are multiples of this, for engines that compile their kernels
            for each input size. A multiple of ``divisor``; None is ``divisor``.

    Raises:
        ValueError: If a size or factor is not positive, or the long sides do not decrease.
    """

    def __init__(
        self,
        long_side_px: int = 1280,
        coarse_long_sides_px: Sequence[int] = (),
        coarse_min_side_px: float = 18.0,
        max_upscale: float = 2.0,
        divisor: int = 32,
        min_score: float = 0.0,
        batch_size: int = 8,
        tile_px: int | None = None,
        max_aspect: float = 2.5,
        min_scale: float = 0.25,
        region_px: int | None = None,
    ) -> None:
        if long_side_px < divisor or divisor < 1 or max_upscale <= 0 or batch_size < 1:
            raise ValueError(
                'wanted long_side_px >= divisor >= 1, max_upscale > 0 and batch_size >= 1, got '
                f'long_side_px={long_side_px}, divisor={divisor}, max_upscale={max_upscale}, '
                f'batch_size={batch_size}'
            )
        sizes = [long_side_px, *coarse_long_sides_px]
        if sorted(set(sizes), reverse=True) != sizes or sizes[-1] < divisor:
            raise ValueError(
                'wanted coarse_long_sides_px that decrease from long_side_px and are at least '
                f'divisor, got {list(coarse_long_sides_px)} with long_side_px={long_side_px} and '
                f'divisor={divisor}'
            )
        if max_aspect < 1 or not 0 <= min_scale <= 1:
            raise ValueError(
                'wanted max_aspect >= 1 and min_scale in [0, 1], got '
                f'max_aspect={max_aspect} and min_scale={min_scale}'
            )
        self.long_side_px = long_side_px
        self.coarse_long_sides_px = tuple(coarse_long_sides_px)
        self._sizes = tuple(sizes)
        self.coarse_min_side_px = coarse_min_side_px
        self.max_upscale = max_upscale
        self.divisor = divisor
        self.min_score = min_score
        self.batch_size = batch_size
        self.tile_px = max(long_side_px, 4 * divisor)
        if tile_px is not None:
            self.set_tile(tile_px)
        self.max_aspect = max_aspect
        self.min_scale = min_scale
        self.region_px = region_px

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that make a pyramid with the present settings."""
        return {name: value for name, value in vars(self).items() if not name.startswith('_')}

    def set_long_side(self, long_side_px: int) -> None:
        """Change the size of the first pass.

        The sizes that the pyramid was made with, up to 3/4 of the new one, are the further passes.
        If all of them are much smaller than a larger size, there is one at half of it, which shows
        which regions the first pass searches; it replaces those that are close to it. The size of
        the tiles does not change, so a larger size requires more time but hardly more memory.

        Args:
            long_side_px: Long side of the network input in the first pass.

        Raises:
            ValueError: If the size is below ``divisor``.
        """
        if long_side_px < self.divisor:
            raise ValueError(
                f'the long side must be at least {self.divisor} px, got {long_side_px}'
            )
        coarse = [size for size in self._sizes if size <= 0.75 * long_side_px]
        least = _LEAST_MAP_SCALE * self._round(long_side_px)
        if coarse and self._sizes[0] < long_side_px and coarse[0] < least:
            half = self._round(long_side_px / 2)
            coarse = [half, *(size for size in coarse if size <= 0.75 * half)]
        self.coarse_long_sides_px = tuple(coarse)
        self.long_side_px = long_side_px

    def set_tile(self, tile_px: int) -> None:
        """Change the maximum side of a network input.

        Raises:
            ValueError: If the size is below four times ``divisor``.
        """
        if tile_px < 4 * self.divisor:
            raise ValueError(f'a tile must be at least {4 * self.divisor} px, got {tile_px}')
        self.tile_px = tile_px

    def detect(self, images: Sequence[np.ndarray], predict: Predict) -> list[Detections]:
        """Detect words in all passes.

        Args:
            images: Images, each (H, W, 3) uint8 BGR. Images with the same working size run in
                one batch.
            predict: Network with its postprocessor.

        Returns:
            One ``Detections`` per image, in input order.
        """
        passes: list[list[tuple[Detections, float]]] = [[] for _ in images]
        maps: list[np.ndarray | None] = [None] * len(images)
        for size in self.coarse_long_sides_px:
            rows = [
                i
                for i, image in enumerate(images)
                if max(self.working_size(*image.shape[:2])) > size
                and not (passes[i] and all_small(*passes[i][-1]))
            ]
            coarse, some_maps = self._search([images[i] for i in rows], size, predict)
            for i, words, prob_map in zip(rows, coarse, some_maps):
                height, width = images[i].shape[:2]
                shrunk = size * self._enlargement(height, width) / max(height, width)
                if not passes[i]:
                    maps[i] = prob_map
                passes[i].append((words, self.coarse_min_side_px / shrunk))
        found, _ = self._search(images, self.long_side_px, predict, maps)
        for i, some in enumerate(passes):
            for words, min_side in some:
                found[i] = merge_detections(found[i], words, min_side)
        self._search_empty(images, found, predict)
        return found

    def _search_empty(
        self, images: Sequence[np.ndarray], found: list[Detections], predict: Predict
    ) -> None:
        """Search images without words at half the smallest size, for text that fills them."""
        half = min(self.coarse_long_sides_px, default=0) // 2
        if half < self.divisor:
            return
        rows = []
        for i, (image, words) in enumerate(zip(images, found)):
            height, width = image.shape[:2]
            shrinks = self.working_size(height, width, half) < self.working_size(height, width)
            if shrinks and not words.polygons:
                rows.append(i)
        for i, words in zip(rows, self._search([images[i] for i in rows], half, predict)[0]):
            found[i] = words

    def detect_each(self, image: np.ndarray, predict: Predict) -> list[Detections]:
        """Detect words in each pass, without merging the passes.

        Args:
            image: (H, W, 3) uint8 BGR.
            predict: Network with its postprocessor.

        Returns:
            One ``Detections`` per pass.
        """
        sizes = (self.long_side_px, *self.coarse_long_sides_px)
        return [self._search([image], size, predict)[0][0] for size in sizes]

    def detect_at_scale(self, image: np.ndarray, scale: float, predict: Predict) -> Detections:
        """Detect words in one pass at a given scale.

        Args:
            image: (H, W, 3) uint8 BGR.
            scale: Size of the network input in sizes of the image. It is reduced if a side of the
                input would exceed ``tile_px``.
            predict: Network with its postprocessor.
        """
        height, width = image.shape[:2]
        scale = min(scale, self.tile_px / max(height, width))
        resized = _resize(image, (self._round(height * scale), self._round(width * scale)))
        (found,) = predict([resized], [(height, width)])
        return self._collect(found)

    def working_size(
        self, height: int, width: int, long_side_px: int | None = None
    ) -> tuple[int, int]:
        """Network input (height, width) for an image of this size.

        Args:
            height: Height of the image in pixels.
            width: Width of the image in pixels.
            long_side_px: Long side of the pass. None selects the first pass.
        """
        long_side = (long_side_px or self.long_side_px) * self._enlargement(height, width)
        scale = min(long_side / max(height, width), self.max_upscale)
        return self._round(height * scale), self._round(width * scale)

    def _round(self, side: float) -> int:
        """The multiple of ``divisor`` nearest to a side, at least ``divisor``."""
        return max(self.divisor, round(side / self.divisor) * self.divisor)

    def _enlargement(self, height: int, width: int) -> float:
        """Factor on the long sides of all passes: 1, or more for long and very large images."""
        usual = self.long_side_px / max(height, width)
        in_aspect = self.long_side_px / (self.max_aspect * min(height, width))
        return max(usual, min(1.0, in_aspect), self.min_scale) / usual

    def _search(
        self,
        images: Sequence[np.ndarray],
        long_side_px: int,
        predict: Predict,
        coarse_maps: Sequence[np.ndarray | None] | None = None,
    ) -> tuple[list[Detections], list[np.ndarray | None]]:
        """One pass: the words and the probability map of each image.

        With ``coarse_maps`` of the largest coarse pass, only their regions are searched, and the
        result contains no maps.
        """
        results: list[Detections | None] = [None] * len(images)
        maps: list[np.ndarray | None] = [None] * len(images)
        whole: dict[tuple[int, ...], list[tuple[int, np.ndarray]]] = {}
        for i, image in enumerate(images):
            resized = _resize(
                image, self.working_size(image.shape[0], image.shape[1], long_side_px)
            )
            height, width = resized.shape[:2]
            coarse = None if coarse_maps is None else coarse_maps[i]
            regions = [Tile(0, 0, height, width, (height, width))]
            if coarse is not None and self._suffices(coarse, height, width):
                regions = find_regions(coarse, (height, width), self.divisor, self.region_px)
            tiles, regions = self._cut(regions)
            if len(tiles) != 1 or tiles[0].is_part:
                results[i], maps[i] = self._search_tiles(
                    image.shape[:2], resized, tiles, regions, predict, coarse_maps is None
                )
            else:
                whole.setdefault(resized.shape[:2], []).append((i, resized))
        batches = [
            same[start : start + self.batch_size]
            for same in whole.values()
            for start in range(0, len(same), self.batch_size)
        ]
        for batch in batches:
            found = predict(
                [resized for _, resized in batch], [images[i].shape[:2] for i, _ in batch]
            )
            for (i, _), prediction in zip(batch, found):
                results[i] = self._collect(prediction)
                maps[i] = prediction.prob_map if coarse_maps is None else None
        return [result for result in results if result is not None], maps

    def _cut(self, regions: Sequence[Tile]) -> tuple[list[Tile], list[Tile]]:
        """Tiles of the regions of a network input, and those that may be searched with a margin.

        Regions that a margin makes larger than a tile get it at once, and are cut.
        """
        tiles, whole = [], []
        for region in regions:
            grown = region.grow(_GROW_DIVISORS * self.divisor)
            if max(grown.bottom - grown.top, grown.right - grown.left) <= self.tile_px:
                tiles.append(region)
                whole.append(region)
            else:
                tiles += grown.cut(self.tile_px, self.divisor, self.region_px)
        return tiles, whole

    def _suffices(self, coarse: np.ndarray, height: int, width: int) -> bool:
        """Whether a map is large enough for regions of a network input of (height, width).

        Images that are small in the first pass take little time and are searched whole.
        """
        long_side = max(height, width)
        is_large = long_side > self.long_side_px - self.divisor
        return is_large and max(coarse.shape) >= _LEAST_MAP_SCALE * long_side

    def _search_tiles(
        self,
        size: tuple[int, int],
        resized: np.ndarray,
        tiles: Sequence[Tile],
        regions: Sequence[Tile],
        predict: Predict,
        with_map: bool,
    ) -> tuple[Detections, np.ndarray | None]:
        """Search the tiles of one image of this (height, width) one after the other.

        Those of ``regions`` that cut a word are searched again with a margin.
        """
        tiles = list(tiles)
        found = []
        prob_map = np.zeros(resized.shape[:2], np.float32) if with_map else None
        for number, tile in enumerate(tiles):
            words, seen = self._search_tile(resized, tile, predict)
            corner = np.array([tile.left, tile.top])
            if tile in regions and any(tile.cuts(polygon + corner) for polygon in words.polygons):
                tiles[number] = tile.grow(_GROW_DIVISORS * self.divisor)
                words, _ = self._search_tile(resized, tiles[number], predict)
            found.append(words)
            if seen is None:
                prob_map = None
            elif prob_map is not None:
                part = prob_map[tile.rows, tile.columns]
                np.maximum(part, seen, out=part)
        merged = merge_tiles(tiles, found)
        scale = np.array([size[1] / resized.shape[1], size[0] / resized.shape[0]], dtype=np.float32)
        words = Detections([polygon * scale for polygon in merged.polygons], merged.scores)
        return words, prob_map

    def _search_tile(
        self, resized: np.ndarray, tile: Tile, predict: Predict
    ) -> tuple[Detections, np.ndarray | None]:
        """The words and the probability map of one tile, in pixels of the tile."""
        part = np.ascontiguousarray(resized[tile.rows, tile.columns])
        (found,) = predict([part], [part.shape[:2]])
        return self._collect(found), found.prob_map

    def _collect(self, found: Prediction) -> Detections:
        polygons, kept = [], []
        for polygon, score in zip(found.polygons, found.scores):
            points = np.asarray(polygon, dtype=np.float32).reshape(-1, 2)
            if score < self.min_score or len(points) < 4 or not np.isfinite(points).all():
                continue
            polygons.append(order_ring(points))
            kept.append(score)
        return Detections(polygons, np.array(kept, dtype=np.float32))


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image of (height, width), or the same image if it has this size."""
    if image.shape[:2] == size:
        return image
    height, width = size
    shrinks = height * width < image.shape[0] * image.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=interpolation)
