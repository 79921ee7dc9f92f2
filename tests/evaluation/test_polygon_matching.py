from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.matching import (
    find_dont_care_detections,
    match_polygons,
    match_polygons_maximum,
)
from pipeline.evaluation.overlap import measure_overlaps
from pipeline.geometry import polygon_area


def box(x: float, y: float, width: float, height: float) -> np.ndarray:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])


def none_left_out(count: int) -> np.ndarray:
    return np.zeros(count, dtype=bool)


def test_measure_overlaps_of_boxes() -> None:
    overlaps = measure_overlaps([box(0, 0, 10, 10)], [box(5, 0, 10, 10), box(20, 0, 5, 5)])

    np.testing.assert_allclose(overlaps.iou(), [[50 / 150, 0]])
    np.testing.assert_allclose(overlaps.det_coverage(), [[0.5, 0]])


def test_measure_overlaps_ignores_the_direction() -> None:
    there, back = box(0, 0, 10, 10), box(5, 0, 10, 10)[::-1]

    np.testing.assert_allclose(measure_overlaps([there], [back]).iou(), [[1 / 3]])


def test_measure_overlaps_of_a_self_crossing_quad() -> None:
    crossed = np.array([[0, 0], [10, 10], [10, 0], [0, 10]])

    overlaps = measure_overlaps([box(0, 0, 10, 10)], [crossed])

    assert polygon_area(crossed) == 0  # its two loops cancel
    # Two triangles of 25 lie in the box; the union of the reference is 100 + 0 - 50.
    np.testing.assert_allclose(overlaps.intersections, [[50]])
    np.testing.assert_allclose(overlaps.iou(), [[1.0]])
    np.testing.assert_allclose(overlaps.det_coverage(), [[0.0]])


def test_measure_overlaps_of_polygons_without_area() -> None:
    point, line = np.full((4, 2), 5.0), np.array([[0, 0], [9, 0], [9, 0], [0, 0]])

    overlaps = measure_overlaps([box(0, 0, 10, 10), point], [point, line])

    assert not overlaps.iou().any()
    assert not overlaps.det_coverage().any()


@pytest.mark.parametrize(('gt', 'predicted'), [(0, 3), (3, 0), (0, 0)])
def test_measure_overlaps_without_words(gt: int, predicted: int) -> None:
    boxes = [box(0, 0, 10, 10)]

    assert measure_overlaps(boxes * gt, boxes * predicted).iou().shape == (gt, predicted)


def test_match_polygons_takes_the_first_in_file_order() -> None:
    iou = np.array([[0.6, 0.9], [0.7, 0.2]])

    pairs = match_polygons(iou, none_left_out(2), none_left_out(2))

    assert pairs == [(0, 0)]  # the first took what the second needed


def test_match_polygons_maximum_pairs_both() -> None:
    iou = np.array([[0.6, 0.9], [0.7, 0.2]])

    pairs = match_polygons_maximum(iou, none_left_out(2), none_left_out(2))

    assert pairs == [(0, 1), (1, 0)]


def test_match_polygons_excludes_the_threshold() -> None:
    iou = measure_overlaps([box(0, 0, 10, 10)], [box(0, 0, 10, 20)]).iou()

    assert iou[0, 0] == 0.5
    assert match_polygons(iou, none_left_out(1), none_left_out(1)) == []


def test_match_polygons_skips_dont_care_words() -> None:
    iou = np.ones((2, 2))

    assert match_polygons(iou, np.array([True, False]), np.array([True, False])) == [(1, 1)]


def test_find_dont_care_detections_requires_more_than_half() -> None:
    coverage = np.array([[0.5, 0.51, 0.3], [0.0, 0.0, 0.4], [0.9, 0.9, 0.9]])
    illegible = np.array([True, True, False])

    left_out = find_dont_care_detections(coverage, illegible)

    # Exactly half is kept; two illegible words that cover it together do not count.
    assert left_out.tolist() == [False, True, False]
