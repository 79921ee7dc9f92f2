"""What a text detector gives out, and how searches of one photo at several sizes become one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import shapely

from pipeline.geometry import polygon_shape


@dataclass(frozen=True)
class Detections:
    """The words found in one photo.

    Args:
        polygons: N rings (K, 2) float32 in pixels of the photo, in reading order as far
            as an outline tells it: quads, or 2k points for curved words.
        scores: (N,) float32 in [0, 1].
    """

    polygons: list[np.ndarray]
    scores: np.ndarray


def merge_detections(fine: Detections, coarse: Detections, min_side: float) -> Detections:
    """Words of a photo from searches at larger sizes and one at a smaller size.

    The coarse search is asked for large words only. Where one shares more than half of its own
    area or of theirs with words of the fine search, be it the same word or parts of it, it takes
    their place if it is larger than they are together and scores higher than they do on average,
    and is dropped if not.

    Args:
        fine: Of the search at the larger size, or of several, merged.
        coarse: Of the search at the smaller size.
        min_side: Coarse words with a shorter short side are left out, in pixels of the photo.
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
