from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.kernel_splitting import find_kernels

LEVELS = (0.5, 0.6, 0.7, 0.8)


def line_of_words(bridge: float, words: int = 2) -> np.ndarray:
    """Words of 40 x 10 pixels at 0.9 in a row, with gaps of 6 pixels at ``bridge``."""
    prob_map = np.zeros((30, 46 * words + 10), dtype=np.float32)
    prob_map[10:20, 5 : 46 * words - 1] = bridge
    for i in range(words):
        prob_map[10:20, 5 + 46 * i : 45 + 46 * i] = 0.9
    return prob_map


def boxes(kernels: list[tuple[np.ndarray, float]]) -> list[tuple[int, int]]:
    """First and last column of each kernel, left to right."""
    return sorted((c[..., 0].min().item(), c[..., 0].max().item()) for c, _ in kernels)


def test_words_that_touch_come_apart_where_the_map_is_unsure() -> None:
    kernels = find_kernels(line_of_words(0.55, words=3), 0.4, LEVELS)
    assert len(kernels) == 3
    for (left, right), i in zip(boxes(kernels), range(3)):
        # Each gap is shared by its neighbours.
        assert left == pytest.approx(5 + 46 * i, abs=3)
        assert right == pytest.approx(44 + 46 * i, abs=3)


def test_without_levels_they_stay_joined() -> None:
    assert boxes(find_kernels(line_of_words(0.55), 0.4)) == [(5, 90)]


def test_a_bridge_that_is_as_sure_as_the_words_joins_them() -> None:
    assert len(find_kernels(line_of_words(0.85), 0.4, LEVELS)) == 1


def test_a_faint_word_is_found_whole_beside_a_clear_one() -> None:
    prob_map = line_of_words(0.0)
    prob_map[10:20, 51:91] = 0.45
    kernels = find_kernels(prob_map, 0.4, LEVELS)
    assert boxes(kernels) == [(5, 44), (51, 90)]
    assert sorted(round(score, 2) for _, score in kernels) == [0.45, 0.9]


def test_specks_are_no_words_of_their_own() -> None:
    prob_map = line_of_words(0.55)
    prob_map[14, 48] = 0.95  # a lone pixel in the gap
    assert len(find_kernels(prob_map, 0.4, LEVELS)) == 2


def test_every_pixel_of_a_region_stays_with_one_part() -> None:
    prob_map = line_of_words(0.55)
    kernels = find_kernels(prob_map, 0.4, LEVELS)
    widths = [right - left + 1 for left, right in boxes(kernels)]
    assert sum(widths) == 86


def test_a_large_word_is_not_split_where_its_letters_part() -> None:
    small = line_of_words(0.7)
    large = np.kron(small, np.ones((4, 4), dtype=np.float32))
    assert len(find_kernels(small, 0.4, LEVELS)) == 2
    assert len(find_kernels(large, 0.4, LEVELS)) == 1
    # A gap that is clear parts large words, too.
    clear = np.kron(line_of_words(0.45), np.ones((4, 4), dtype=np.float32))
    assert len(find_kernels(clear, 0.4, LEVELS)) == 2


def test_an_empty_map_has_no_kernels() -> None:
    assert find_kernels(np.zeros((8, 8), dtype=np.float32), 0.4, LEVELS) == []
