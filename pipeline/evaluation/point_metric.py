"""Scores of spotting with single points, after SPTS (Peng et al., arXiv 2112.07917)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import shapely

from pipeline.evaluation.scores import Score, score_counts
from pipeline.evaluation.transcription import spotted, vocabulary_word
from pipeline.evaluation.words import DONT_CARE, Words


def center_between_sides(polygon: np.ndarray) -> np.ndarray:
    """Word center of SPTS: the mean of the midpoints of the two long sides.

    Args:
        polygon: (2k, 2) with k >= 2: k points along one side, then k points back along the other.

    Returns:
        (2,) pixels.
    """
    half = len(polygon) // 2
    sides = [shapely.LineString(polygon[:half]), shapely.LineString(polygon[half:])]
    middles = [shapely.get_coordinates(side.interpolate(0.5, normalized=True))[0] for side in sides]
    return (middles[0] + middles[1]) / 2


def center_of_vertices(polygon: np.ndarray) -> np.ndarray:
    """Word center of MMOCR: the mean of the vertices of a (K, 2) polygon, (2,) pixels."""
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

    Each prediction is assigned to the gt word with the nearest center. If that word is don't-care,
    the prediction is left out. A prediction is correct if the texts are equal without regard to
    case and no earlier prediction was correct at the same word.

    Args:
        gt: Image name -> gt words.
        det: Image name -> predicted words, with polygons of one point (1, 2) and confidences.
        center: Center of a gt polygon: :func:`center_between_sides` (SPTS) or
            :func:`center_of_vertices` (MMOCR).
        spotting: Whether gt words outside the vocabulary are don't-care.
        min_score: Lowest confidence of the counted predictions.
        skip_images_without_gt: Whether images whose gt words are all don't-care are left out, with
            their predictions (MMOCR).

    Returns:
        Precision, recall, hmean and counts of the whole set.
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
    """(index of the nearest gt word, text) of every prediction of at least ``min_score``."""
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
