"""The result of a text detector, and merging of results at several image sizes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import shapely

from pipeline.geometry import polygon_shape


@dataclass(frozen=True)
class Detections:
    """The detected words of one image.

    Args:
        polygons: N polygons (K, 2) float32 in pixels of the image: quads, or 2k points for
            curved words. The order of the points is estimated from the outline by
            :func:`pipeline.geometry.order_ring`.
        scores: (N,) float32 in [0, 1].
    """

    polygons: list[np.ndarray]
    scores: np.ndarray


def all_small(words: Detections, min_side: float) -> bool:
    """Whether there are words, and the short sides of all are below ``min_side`` pixels."""
    sides = [min(cv2.minAreaRect(polygon)[1]) for polygon in words.polygons]
    return 0 < max(sides, default=0) < min_side


def merge_detections(fine: Detections, coarse: Detections, min_side: float) -> Detections:
    """Merge the words of a coarse detection pass into those of finer passes.

    A coarse word competes with all fine words whose intersection with it is more than half of
    the smaller of the two areas: the same word, or parts of it. The coarse word replaces them if
    its area exceeds the sum of their areas and its score exceeds their mean score. Otherwise it
    is dropped.

    Args:
        fine: Words of the pass at the larger image size, or of several merged passes.
        coarse: Words of the pass at the smaller image size.
        min_side: Minimum short side of a coarse word, in pixels of the image.
    """
    outlines = [polygon_shape(ring) for ring in fine.polygons]
    tree = shapely.STRtree(outlines)
    kept = np.ones(len(outlines), dtype=bool)
    added = []
    for row, ring in enumerate(coarse.polygons):
        if min(cv2.minAreaRect(ring)[1]) < min_side:
            continue
        large = polygon_shape(ring)
        rivals = [
            i
            for i in tree.query(large)
            if large.intersection(outlines[i]).area > 0.5 * min(large.area, outlines[i].area)
        ]
        together = sum(outlines[i].area for i in rivals)
        if not rivals or (
            large.area > together and coarse.scores[row] > fine.scores[rivals].mean()
        ):
            kept[rivals] = False
            added.append(row)
    return Detections(
        [ring for ring, keep in zip(fine.polygons, kept) if keep]
        + [coarse.polygons[row] for row in added],
        np.concatenate([fine.scores[kept], coarse.scores[added]]),
    )
