"""Locality-aware suppression of overlapping quads, as DRRG requires."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.compat.locality_aware_nms import merge_quadrangle_n9


def quad(left: float, top: float, size: float, score: float, start: int = 0) -> list[float]:
    """A square as (x1, y1, ..., x4, y4, score), starting at corner ``start``."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size + [left, top]
    return [*np.roll(corners, -start, axis=0).reshape(-1), score]


def test_merge_averages_neighbors_by_score() -> None:
    merged = merge_quadrangle_n9(np.array([quad(0, 0, 8, 1), quad(2, 0, 8, 3)]), 0.5)
    # Corners weigh one to three; scores add up.
    assert merged == pytest.approx(np.array([quad(1.5, 0, 8, 4)]))


@pytest.mark.parametrize('start', range(4))
@pytest.mark.parametrize('turned', [False, True])
def test_merge_matches_the_order_of_corners(start: int, turned: bool) -> None:
    second = quad(0, 2, 8, 1, start)
    if turned:
        second = [*np.reshape(second[:8], (4, 2))[::-1].reshape(-1), 1]
    merged = merge_quadrangle_n9(np.array([quad(0, 0, 8, 1), second]), 0.5)
    assert merged == pytest.approx(np.array([quad(0, 1, 8, 2)]))


def test_merge_suppresses_and_sorts_by_score() -> None:
    kept = merge_quadrangle_n9(
        np.array(
            [quad(0, 0, 8, 0.5), quad(40, 0, 8, 0.7), quad(1, 0, 8, 0.9), quad(80, 0, 8, 0.8)]
        ),
        0.5,
    )
    assert kept[:, 8] == pytest.approx([0.9, 0.8, 0.7])


def test_merge_keeps_touching_quads() -> None:
    assert len(merge_quadrangle_n9(np.array([quad(0, 0, 8, 1), quad(8, 0, 8, 1)]), 0.1)) == 2


def test_merge_accepts_degenerate_quads() -> None:
    bow = [0, 0, 8, 8, 8, 0, 0, 8, 0.6]
    point = [3, 3, 3, 3, 3, 3, 3, 3, 0.5]
    kept = merge_quadrangle_n9(np.array([bow, point, quad(20, 0, 8, 0.9)]), 0.3)
    assert kept[:, 8] == pytest.approx([0.9, 0.6, 0.5])
    # The bow covers half of the square, and a bow is its own double.
    assert len(merge_quadrangle_n9(np.array([quad(0, 0, 8, 0.9), bow]), 0.45)) == 1
    assert len(merge_quadrangle_n9(np.array([quad(0, 0, 8, 0.9), bow]), 0.55)) == 2


def test_merge_without_quads() -> None:
    assert merge_quadrangle_n9(np.zeros((0, 9), np.float32), 0.3).shape == (0, 9)
