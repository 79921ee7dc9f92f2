from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from ink_detector import box_of, shrink_box
from mmocr.models.textdet.module_losses import DBModuleLoss
from mmocr.structures import TextDetDataSample
from shapely.geometry import Polygon

from pipeline.detection.db_word_postprocessor import DBWordPostprocessor

SIZE = (160, 320)


def find(prob_map: np.ndarray, scale: tuple[float, float] = (1.0, 1.0), **options) -> list:
    """(polygon (K, 2), score) of each word."""
    sample = TextDetDataSample(metainfo={'scale_factor': scale})
    post = DBWordPostprocessor(**options)
    (sample,) = post(torch.from_numpy(prob_map.astype(np.float32))[None], [sample])
    found = sample.pred_instances
    return [(p.reshape(-1, 2), float(s)) for p, s in zip(found.polygons, found.scores)]


def taught(polygon: np.ndarray, ratio: float = 0.4) -> np.ndarray:
    """The ideal probability map of one word: its kernel, including the border."""
    shape = Polygon(polygon)
    kernel = shape.buffer(-shape.area * (1 - ratio**2) / shape.length)
    prob_map = np.zeros(SIZE, dtype=np.uint8)
    points = np.round(np.array(kernel.exterior.coords) * 16).astype(np.int32)
    cv2.fillPoly(prob_map, [points], 1, shift=4)
    return prob_map.astype(np.float32)


def quad(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float64)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    a_shape, b_shape = Polygon(a).buffer(0), Polygon(b).buffer(0)
    return a_shape.intersection(b_shape).area / a_shape.union(b_shape).area


def bent_strip(
    radius: float = 90.0, thickness: float = 36.0, bend_deg: float = 110.0
) -> np.ndarray:
    """The polygon of a word along an arc: (40, 2)."""
    angles = np.radians(np.linspace(270 - bend_deg / 2, 270 + bend_deg / 2, 20))
    arc = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    center = np.array([160.0, 40.0 + radius])
    outer, inner = center + radius * arc, center + (radius - thickness) * arc
    return np.concatenate([outer, inner[::-1]])


@pytest.mark.parametrize(
    'box', [(40, 30, 240, 70), (100, 20, 130, 140), (60, 60, 84, 84), (20, 50, 300, 62)]
)
def test_postprocessor_inverts_the_shrinking_of_rectangles(box):
    x1, y1, x2, y2 = (round(v) for v in shrink_box(box))
    prob_map = np.zeros(SIZE)
    prob_map[y1 : y2 + 1, x1 : x2 + 1] = 1
    ((polygon, score),) = find(prob_map)
    assert score == pytest.approx(1.0)
    assert len(polygon) == 4
    assert box_of(polygon) == pytest.approx(list(box), abs=1.0)


def test_postprocessor_inverts_the_targets_of_mmocr():
    loss = DBModuleLoss(min_sidelength=4)
    for box in [(20, 20, 280, 50), (40, 30, 100, 46), (10, 100, 200, 112)]:
        polygon = quad(*box)
        kernel, _ = loss._generate_kernels(
            SIZE, [polygon.flatten()], 0.4, ignore_flags=np.array([False])
        )
        ((grown, _),) = find(kernel > 0)
        assert iou(grown, polygon) > 0.8, box


@pytest.mark.parametrize('turned', [False, True])
def test_postprocessor_does_not_overgrow_wavy_kernels(turned):
    # The kernel of a rectangle with a wavy border, by 2 px in both directions.
    word = quad(40, 30, 240, 70)
    shape = Polygon(word)
    inner = np.array(shape.buffer(-shape.area * (1 - 0.4**2) / shape.length).bounds)
    x = np.arange(inner[0], inner[2])
    wave = 2 * np.sin(x / 6)
    kernel = np.concatenate(
        [np.stack([x, inner[1] + wave], 1), np.stack([x, inner[3] + wave], 1)[::-1]]
    )
    prob_map = np.zeros(SIZE, dtype=np.uint8)
    cv2.fillPoly(prob_map, [np.round(kernel * 16).astype(np.int32)], 1, shift=4)
    prob_map, wanted = (prob_map.T, word[:, ::-1]) if turned else (prob_map, word)
    ((polygon, _),) = find(np.ascontiguousarray(prob_map))
    assert len(polygon) == 4
    assert iou(polygon, wanted) > 0.95


def test_postprocessor_keeps_the_angle_of_rotated_words():
    corners = cv2.boxPoints(((150.0, 80.0), (180.0, 40.0), 20.0))
    ((polygon, _),) = find(taught(corners))
    assert len(polygon) == 4
    assert iou(polygon, corners) > 0.9


def test_postprocessor_grows_long_words_fully():
    """A fixed unclip ratio, as in MMOCR, leaves them too thin."""
    ((polygon, _),) = find(taught(quad(10, 60, 310, 84)))
    # The kernel is 5.3 px high. Growing more than doubles the error of rounding to pixels.
    assert box_of(polygon) == pytest.approx([10, 60, 310, 84], abs=1.5)


def test_postprocessor_uses_shrink_ratio():
    box = (40.0, 30.0, 240.0, 70.0)
    x1, y1, x2, y2 = (round(v) for v in shrink_box(box, ratio=0.7))
    prob_map = np.zeros(SIZE)
    prob_map[y1 : y2 + 1, x1 : x2 + 1] = 1
    ((polygon, _),) = find(prob_map, shrink_ratio=0.7)
    assert box_of(polygon) == pytest.approx(list(box), abs=1.0)


@pytest.mark.parametrize(
    ('box', 'wanted'),
    [((60, 40, 260, 80), (52, 40, 268, 80)), ((100, 30, 130, 130), (100, 24, 130, 136))],
)
def test_postprocessor_end_margin_extends_words(box, wanted):
    x1, y1, x2, y2 = (round(v) for v in shrink_box(box))
    prob_map = np.zeros(SIZE)
    prob_map[y1 : y2 + 1, x1 : x2 + 1] = 1
    ((polygon, _),) = find(prob_map, end_margin=0.2)
    assert box_of(polygon) == pytest.approx(list(wanted), abs=1.2)


def test_postprocessor_keeps_the_shape_of_curved_words():
    strip = bent_strip()
    ((polygon, _),) = find(taught(strip))
    assert len(polygon) > 4
    assert iou(polygon, strip) > 0.85
    ((quad, _),) = find(taught(strip), text_repr_type='quad')
    assert len(quad) == 4
    assert iou(quad, strip) < 0.75


def test_postprocessor_detects_slight_curvature():
    word = bent_strip(radius=200, bend_deg=50)  # fills 0.74 of its smallest rectangle
    ((polygon, _),) = find(taught(word))
    assert iou(polygon, word) > 0.9


def test_postprocessor_rescales_polygons_to_the_image():
    prob_map = np.zeros(SIZE)
    prob_map[60:80, 100:200] = 1
    ((at_work, _),) = find(prob_map)
    ((at_photo, _),) = find(prob_map, scale=(0.5, 0.25))  # half width, quarter height
    np.testing.assert_allclose(at_photo, at_work * [2, 4], rtol=1e-5)


def test_postprocessor_score_is_the_mean_probability():
    prob_map = np.zeros(SIZE)
    prob_map[20:40, 20:100] = 0.9
    prob_map[100:120, 150:300] = 0.6
    found = sorted(find(prob_map), key=lambda word: word[1])
    assert [score for _, score in found] == pytest.approx([0.6, 0.9], abs=1e-4)
    assert [box_of(polygon)[1] > 60 for polygon, _ in found] == [True, False]


def test_postprocessor_finds_faint_words_completely():
    prob_map = np.zeros(SIZE)
    prob_map[40:60, 20:120], prob_map[40:60, 180:280] = 0.9, 0.45
    found = sorted(find(prob_map, mask_thr=0.4, min_text_score=0.4), key=lambda word: word[1])
    assert [round(score, 2) for _, score in found] == [0.45, 0.9]
    widths = [np.ptp(polygon[:, 0]) for polygon, _ in found]
    assert widths[0] == pytest.approx(widths[1], abs=0.1)


def test_postprocessor_drops_weak_and_tiny_kernels():
    prob_map = np.zeros(SIZE)
    prob_map[20:40, 20:100] = 0.45  # over mask_thr, under min_text_score
    prob_map[100, 150] = 1.0
    prob_map[120, 150:153] = 1.0
    assert find(prob_map, min_side_px=6.0) == []
    assert len(find(prob_map, min_side_px=6.0, min_text_score=0.4)) == 1


@pytest.mark.parametrize('value', [0.0, 1.0])
def test_postprocessor_accepts_uniform_maps(value):
    found = find(np.full(SIZE, value))
    assert len(found) == int(value)
    assert all(np.isfinite(polygon).all() for polygon, _ in found)


def test_postprocessor_polygons_of_noise_are_finite():
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.random(SIZE), (0, 0), 3)
    noise = (noise - noise.min()) / np.ptp(noise)
    found = find(noise, mask_thr=0.5)
    assert len(found) > 3
    for polygon, score in found:
        assert len(polygon) >= 4 and np.isfinite(polygon).all()
        assert 0 <= score <= 1


@pytest.mark.parametrize('bend_deg', [60, 110, 200])
def test_postprocessor_fits_strips_to_noisy_curved_words(bend_deg):
    size = (320, 320)
    angles = np.radians(np.linspace(270 - bend_deg / 2, 270 + bend_deg / 2, 120))
    away = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    center = np.array([160.0, 180.0])
    word = np.concatenate([center + 120 * away, (center + 84 * away)[::-1]])
    shape = Polygon(word)
    distance = shape.area * (1 - 0.4**2) / shape.length
    wave = 2 * np.sin(np.arange(120) / 3)[:, None]
    end = distance / 102  # radians, at the middle of the word
    inner = slice(*np.searchsorted(angles, [angles[0] + end, angles[-1] - end]))
    kernel = np.concatenate(
        [
            (center + (120 - distance + wave) * away)[inner],
            (center + (84 + distance + wave) * away)[inner][::-1],
        ]
    )
    prob_map = np.zeros(size, dtype=np.uint8)
    cv2.fillPoly(prob_map, [np.round(kernel * 16).astype(np.int32)], 1, shift=4)
    ((polygon, _),) = find(prob_map)
    assert len(polygon) == 34
    assert iou(polygon, word) > 0.9


def test_postprocessor_uses_curved_shrink_ratio():
    strip, box = bent_strip(), quad(40, 30, 240, 70)
    options = {'shrink_ratio': 0.4, 'curved_shrink_ratio': 0.6}
    for word, same in ((strip, False), (box, True)):
        ((usual, _),) = find(taught(word))
        ((polygon, _),) = find(taught(word), **options)
        areas = Polygon(usual).area, Polygon(polygon).area
        assert (areas[0] == pytest.approx(areas[1])) is same
        assert areas[1] <= areas[0] + 1e-6


def test_postprocessor_extends_curved_words_by_their_own_margin():
    strip = taught(bent_strip())
    ((plain, _),) = find(strip)
    ((same, _),) = find(strip, end_margin=0.3, curved_end_margin=0.0)
    ((longer, _),) = find(strip, end_margin=0.3)
    np.testing.assert_allclose(same, plain, atol=1e-4)
    assert iou(longer, plain) < 0.95


def test_postprocessor_keeps_the_shape_of_wavy_words():
    x = np.linspace(20, 300, 60)
    middle = 80 + 25 * np.sin(2 * np.pi * x / 280)
    word = np.concatenate([np.stack([x, middle - 14], 1), np.stack([x, middle + 14], 1)[::-1]])
    ((polygon, _),) = find(taught(word))
    assert iou(polygon, word) > 0.85


def test_postprocessor_drops_thin_arcs():
    for word in (bent_strip(thickness=6.0), quad(20, 60, 300, 66)):
        assert len(find(taught(word))) == 1
        assert find(taught(word), min_side_px=20.0) == []
