"""Single-point spotting scores, after SPTS (Peng et al., arXiv 2112.07917)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import shapely

from pipeline.evaluation.scores import Score, score_counts
from pipeline.evaluation.transcription import spotted, vocabulary_word
from pipeline.evaluation.words import DONT_CARE, Words


def center_between_sides(polygon: np.ndarray) -> np.ndarray:
    """SPTS's word center: the middle of the points halfway along both long sides.

    Args:
        polygon: (2k, 2), k points along one side, then k back along the other, k >= 2.

    Returns:
        (2,) pixels.
    """
    half = len(polygon) // 2
    sides = [shapely.LineString(polygon[:half]), shapely.LineString(polygon[half:])]
    middles = [shapely.get_coordinates(side.interpolate(0.5, normalized=True))[0] for side in sides]
    return (middles[0] + middles[1]) / 2


def center_of_vertices(polygon: np.ndarray) -> np.ndarray:
    """MMOCR's word center: the mean of the polygon's vertices."""
    return np.asarray(polygon, dtype=np.float64).mean(axis=0)


def score_points(
    gt: Mapping[str, Words],
    det: Mapping[str, Words],
    center: Callable[[np.ndarray], np.ndarray] = center_between_sides,
    spotting: bool = False,
    min_score: float = 0.0,
    skip_images_without_gt: bool = False,
) -> Score:
    """Score predictions that are points.

    Each prediction belongs to the nearest gt word. It is left out where that word is don't-care,
    and correct where the texts are equal but for case and no earlier one was correct there.

    Args:
        gt: Photo name -> gt words.
        det: Photo name -> predicted words, with polygons of one point (1, 2) and confidences.
        center: Where a gt word is: :func:`center_between_sides` (SPTS) or
            :func:`center_of_vertices` (MMOCR).
        spotting: Whether gt words outside the vocabulary are don't-care.
        min_score: Predictions with less confidence are left out.
        skip_images_without_gt: Leave out photos without a gt word that counts (MMOCR).

    Returns:
        Precision, recall, hmean and counts; all 0 where nothing is correct.
    """
    matched = gt_care = det_care = 0
    for name, words in gt.items():
        texts, care = _gt_texts(words, spotting)
        if skip_images_without_gt and not care.any():
            continue
        gt_care += int(care.sum())
        hits = _nearest_gt(words, det.get(name, Words()), center, min_score)
        found = np.zeros(len(words), dtype=bool)
        for gt_index, text in hits:
            if not care[gt_index]:
                continue
            det_care += 1
            if not found[gt_index] and spotted(texts[gt_index], text):
                found[gt_index] = True
        matched += int(found.sum())
    return score_counts(matched, gt_care, det_care)


def _gt_texts(words: Words, spotting: bool) -> tuple[list[str], np.ndarray]:
    texts, care = list(words.texts), ~words.dont_care()
    for i, text in enumerate(words.texts):
        if spotting and text != DONT_CARE:
            word = vocabulary_word(text)
            care[i] &= word is not None
            texts[i] = text if word is None else word
    return texts, care


def _nearest_gt(
    gt: Words, det: Words, center: Callable[[np.ndarray], np.ndarray], min_score: float
) -> list[tuple[int, str]]:
    """(gt index, predicted text) of every prediction that counts by its confidence."""
    if not len(gt) or not len(det):
        return []
    centers = np.array([center(polygon) for polygon in gt.polygons])  # (G, 2)
    points = np.concatenate([np.reshape(p, (1, 2)) for p in det.polygons])  # (D, 2)
    distances = np.linalg.norm(centers[:, None] - points[None], axis=-1)
    nearest = distances.argmin(axis=0)
    scores = det.confidences if len(det.confidences) else [1.0] * len(det)
    return [
        (int(gt_index), text)
        for gt_index, text, score in zip(nearest, det.texts, scores)
        if score >= min_score
    ]
