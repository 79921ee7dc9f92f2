"""PANet's and PSENet's operators, which grow kernels into text regions."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
import pytest
import torch
from mmcv.ops import contour_expand, pixel_group
from mmocr.models.textdet.postprocessors import PANPostprocessor, PSEPostprocessor
from mmocr.structures import TextDetDataSample

STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def group_by_loop(
    mask: np.ndarray, embedding: np.ndarray, labels: np.ndarray, contour: np.ndarray, limit: float
) -> np.ndarray:
    """Pixel aggregation by a plain queue: the grown label map."""
    height, width = labels.shape
    means = {
        label: embedding[labels == label].mean(axis=0) for label in np.unique(labels[labels > 0])
    }
    grown = labels.copy()
    queue = deque((y, x) for y in range(height) for x in range(width) if labels[y, x])
    queue = deque((y, x) for y, x in queue if contour[y, x])
    while queue:
        y, x = queue.popleft()
        for dy, dx in STEPS:
            v, u = y + dy, x + dx
            if not (0 <= v < height and 0 <= u < width) or not mask[v, u] or grown[v, u]:
                continue
            if np.linalg.norm(means[grown[y, x]] - embedding[v, u]) < limit:
                grown[v, u] = grown[y, x]
                queue.append((v, u))
    return grown


def expand_by_loop(kernels: np.ndarray, labels: np.ndarray, min_area: int) -> np.ndarray:
    """Progressive scale expansion by a plain queue: the grown label map."""
    height, width = labels.shape
    grown = labels.copy()
    for label in np.unique(labels[labels > 0]):
        if (labels == label).sum() < min_area:
            grown[labels == label] = 0
    queue = deque((y, x) for y in range(height) for x in range(width) if grown[y, x])
    for kernel in kernels[-2::-1]:
        stuck: deque[tuple[int, int]] = deque()
        while queue:
            y, x = queue.popleft()
            found = False
            for dy, dx in STEPS:
                v, u = y + dy, x + dx
                if not (0 <= v < height and 0 <= u < width) or not kernel[v, u] or grown[v, u]:
                    continue
                grown[v, u] = grown[y, x]
                queue.append((v, u))
                found = True
            if not found:
                stuck.append((y, x))
        queue = stuck
    return grown


def draw_maps(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Nested random masks (3, 24, 30) uint8, largest first, and labels of the smallest."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.standard_normal((24, 30)), (0, 0), 1.5)
    levels = np.quantile(noise, [0.35, 0.6, 0.85])
    kernels = np.stack([noise > level for level in levels]).astype(np.uint8)
    count, labels = cv2.connectedComponents(kernels[-1], connectivity=4)
    return kernels, labels, count


@pytest.mark.parametrize('seed', range(8))
def test_pixel_group_equals_a_plain_queue(seed: int, device: str) -> None:
    kernels, labels, count = draw_maps(seed)
    rng = np.random.default_rng(seed)
    score = rng.random((24, 30), dtype=np.float32)
    embedding = rng.standard_normal((24, 30, 4)).astype(np.float32)
    mask = kernels[0].astype(bool)
    contour = (rng.random((24, 30)) < 0.7).astype(np.uint8) * 255

    inputs = (score, mask, embedding, labels, contour)
    groups = pixel_group(*(torch.from_numpy(a).to(device) for a in inputs), count, 2.5)

    grown = group_by_loop(mask, embedding, labels, contour, 2.5)
    assert (grown != labels).any()
    assert len(groups) == count
    assert groups[0] == [0, 0]
    for label in range(1, count):
        y, x = np.nonzero(grown == label)
        mean_score, size, *points = groups[label]
        assert mean_score == pytest.approx(score[y, x].mean(), rel=1e-5)
        assert size == len(x)
        assert points == np.stack([x, y], axis=1).reshape(-1).tolist()


@pytest.mark.parametrize('min_area', [0, 6])
@pytest.mark.parametrize('seed', range(8))
def test_contour_expand_equals_a_plain_queue(seed: int, min_area: int, device: str) -> None:
    kernels, labels, count = draw_maps(seed)
    inputs = (torch.from_numpy(array).to(device) for array in (kernels, labels))
    grown = np.array(contour_expand(*inputs, min_area, count))
    assert (grown != labels).any()
    assert np.array_equal(grown, expand_by_loop(kernels, labels, min_area))


def test_contour_expand_uses_the_middle_kernel_first() -> None:
    # Word 1 reaches the gap in the middle kernel, word 2 in the largest kernel only.
    largest = np.ones((1, 9), np.uint8)
    middle = np.array([[1, 1, 1, 1, 1, 1, 0, 1, 1]], np.uint8)
    labels = np.array([[1, 0, 0, 0, 0, 0, 0, 0, 2]], np.int32)
    kernels = np.stack([largest, middle, (labels > 0).astype(np.uint8)])
    (row,) = contour_expand(kernels, labels, 0, 3)
    assert row[:6] == [1] * 6
    assert row[7:] == [2] * 2


def test_pixel_group_excludes_distant_pixels() -> None:
    score = np.full((1, 6), 0.5, np.float32)
    embedding = np.zeros((1, 6, 2), np.float32)
    embedding[0, 3:] = 10
    label = np.array([[1, 0, 0, 0, 0, 0]], np.int32)
    _, group = pixel_group(score, score > 0, embedding, label, label.astype(np.uint8), 2, 1.0)
    assert group == [0.5, 3, 0, 0, 1, 0, 2, 0]


def draw_two_words(channels: list[tuple[float, float]]) -> torch.Tensor:
    """Logit maps (C, 40, 60), one for each (margin around a word's core, logit inside)."""
    maps = torch.full((len(channels), 40, 60), -9.0)
    for channel, (margin, logit) in enumerate(channels):
        for top in (8, 26):
            grow = int(margin)
            maps[channel, top - grow : top + 6 + grow, 10 - grow : 50 + grow] = logit
    return maps


def sample_at_own_scale() -> TextDetDataSample:
    return TextDetDataSample(metainfo={'scale_factor': (1.0, 1.0)})


@pytest.mark.parametrize('text_repr_type', ['quad', 'poly'])
def test_panet_and_psenet_postprocessors_find_two_words(text_repr_type: str) -> None:
    # PANet: text, kernel, four equal embeddings. PSENet: the text and two kernels.
    pan_maps = torch.cat([draw_two_words([(3, 9.0), (0, 9.0)]), torch.zeros(4, 40, 60)])
    pse_maps = draw_two_words([(3, 9.0), (1, 9.0), (0, 9.0)])
    for postprocessor, maps in (
        (PANPostprocessor(text_repr_type, min_text_area=5), pan_maps),
        (PSEPostprocessor(text_repr_type, min_text_area=5), pse_maps),
    ):
        found = postprocessor.get_text_instances(maps, sample_at_own_scale()).pred_instances
        assert len(found.polygons) == 2
        boxes = [np.array(polygon).reshape(-1, 2) for polygon in found.polygons]
        for box, top in zip(sorted(boxes, key=lambda box: box[:, 1].min()), (5, 23), strict=True):
            # The outermost pixels of the words, for any kernel.
            assert np.allclose([box.min(axis=0), box.max(axis=0)], [[7, top], [52, top + 11]])
