from __future__ import annotations

from pathlib import Path

import mmocr
import numpy as np
import pytest
import torch
from ink_detector import box_of, draw_kernels, make_detector
from mmengine.config import Config
from mmengine.registry import DefaultScope

from pipeline.detection.text_detector import TextDetector

MMOCR_CONFIGS = Path(mmocr.__file__).parent / '.mim' / 'configs' / 'textdet'
WORD = (0.2, 0.3, 0.7, 0.5)  # as shares of the image's sides


def photo(height: int, width: int) -> tuple[np.ndarray, list[float]]:
    """An image with one word, and its box."""
    x1, y1, x2, y2 = WORD
    box = (x1 * width, y1 * height, x2 * width, y2 * height)
    return draw_kernels((height, width), box, supersample=4), list(box)


@pytest.mark.parametrize(
    ('height', 'width'), [(320, 640), (640, 320), (150, 200), (701, 1003), (70, 500), (40, 50)]
)
def test_detector_polygons_have_the_scale_of_the_image(height, width):
    image, box = photo(height, width)
    detector = make_detector(long_side_px=640)
    (found,) = detector([image])
    (polygon,) = found.polygons
    assert polygon.shape == (4, 2) and polygon.dtype == np.float32
    working = detector.pyramid.working_size(height, width)
    pixel = max(width / working[1], height / working[0], 1.0)  # one of the map, in the image
    assert box_of(polygon) == pytest.approx(box, abs=2 * pixel)
    assert polygon[0].tolist() == pytest.approx(box[:2], abs=2 * pixel)  # starts at its top-left
    assert 0.7 < found.scores.item() <= 1


def test_detector_keeps_the_order_of_mixed_sizes():
    sizes = [(320, 640), (400, 300), (320, 640), (100, 100)]
    photos = [photo(*size) for size in sizes]
    detector = make_detector(long_side_px=320)
    together = detector([image for image, _ in photos])
    for (image, box), found in zip(photos, together):
        (alone,) = detector([image])
        np.testing.assert_array_equal(found.polygons[0], alone.polygons[0])
        assert box_of(found.polygons[0]) == pytest.approx(box, abs=6)


def test_detector_batches_images_of_one_size():
    detector = make_detector(long_side_px=320)
    detector([photo(160, 320)[0], photo(320, 160)[0], photo(320, 640)[0]])
    assert sorted(detector.detector.backbone.shapes) == [(1, 3, 320, 160), (2, 3, 160, 320)]


def test_detector_coarse_pass_finds_large_words():
    image, box = photo(640, 1280)
    _, y1, x2, y2 = (round(v) for v in box)
    image[image == 0] = 25  # probability 0.9 ...
    image[y1:y2, x2 - 180 : x2][image[y1:y2, x2 - 180 : x2] < 255] = (
        140  # ... and lower at the end of the word
    )
    image[:, x2 - 182 : x2 - 180] = 255
    small = draw_kernels((640, 1280), (100, 500, 180, 540))
    image = np.minimum(image, small)
    unsure = {'type': 'DBWordPostprocessor', 'min_text_score': 0.3}
    (parts,) = make_detector(unsure, long_side_px=1280)([image])
    assert len(parts.polygons) == 3
    detector = make_detector(unsure, long_side_px=1280, coarse_long_sides_px=[320])
    (found,) = detector([image])
    assert detector.detector.backbone.shapes == [(1, 3, 160, 320), (1, 3, 640, 1280)]
    large, little = sorted(box_of(polygon) for polygon in found.polygons)[::-1]
    assert little == pytest.approx([100, 500, 180, 540], abs=3)
    assert large == pytest.approx(box, abs=12)


def test_detector_pyramid_finds_words_of_all_sizes():
    huge, large = (140, 200, 1140, 440), (140, 520, 640, 600)
    image = np.minimum(draw_kernels((640, 1280), huge), draw_kernels((640, 1280), large))
    image[:480][image[:480] == 0] = 25
    end = image[:480, 840:]
    end[end < 255] = 140  # lower probability, with a gap that splits the word
    for x in (840, 940, 1040):
        image[:480, x : x + 2] = 255
    image[480:, :390][image[480:, :390] == 0] = 140
    image[480:, 390::2] = 255  # stripes: probability 0.5 at sizes that do not resolve them
    unsure = {'type': 'DBWordPostprocessor', 'min_text_score': 0.3}
    ends = {}
    for sizes in ((), (640,), (160,), (640, 160)):
        detector = make_detector(unsure, long_side_px=1280, coarse_long_sides_px=sizes)
        (found,) = detector([image])
        widths = [shape[3] for shape in detector.detector.backbone.shapes]
        assert widths == [*sizes, 1280]
        lower, *upper = sorted((box_of(p) for p in found.polygons), key=lambda box: -box[1])
        ends[sizes] = (len(upper), round(lower[2]))
    assert ends == {(): (4, 411), (640,): (4, 633), (160,): (1, 411), (640, 160): (1, 633)}
    assert upper[0] == pytest.approx(huge, abs=28)
    assert lower == pytest.approx(large, abs=8)


def test_detector_skips_coarse_passes_for_small_images():
    detector = make_detector(long_side_px=640, coarse_long_sides_px=[320, 96])
    many = detector([photo(100, 160)[0], photo(320, 640)[0], photo(20, 40)[0]])
    assert [len(found.polygons) for found in many[:2]] == [1, 1]
    widths = sorted(shape[3] for shape in detector.detector.backbone.shapes)
    assert widths == [64, 96, 320, 320, 640]  # both that exceed 96 px in one batch


def test_detector_searches_empty_images_at_half_the_smallest_size():
    detector = make_detector(long_side_px=640, coarse_long_sides_px=[320])
    blank = np.full((320, 640, 3), 255, dtype=np.uint8)
    empty, full = detector([blank, photo(320, 640)[0]])
    assert len(empty.polygons) == 0 and len(full.polygons) == 1
    assert [shape[::3] for shape in detector.detector.backbone.shapes] == [
        (2, 320), (2, 640), (1, 160),
    ]  # fmt: skip


def test_working_size_limits_the_long_side_and_the_upscale():
    detector = make_detector(long_side_px=640, max_upscale=2.0, divisor=32)
    assert detector.pyramid.working_size(1500, 2000) == (480, 640)
    assert detector.pyramid.working_size(2000, 1500) == (640, 480)
    assert detector.pyramid.working_size(100, 160) == (192, 320)
    assert detector.pyramid.working_size(1, 1) == (32, 32)


def test_detector_without_images_or_words():
    detector = make_detector(long_side_px=320)
    assert detector([]) == []
    (found,) = detector([np.full((50, 80, 3), 255, dtype=np.uint8)])
    assert found.polygons == [] and found.scores.shape == (0,)


def test_detector_drops_words_below_min_score():
    image, _ = photo(320, 640)
    image = np.maximum(image, 100)  # dark gray: probability about 0.6
    (found,) = make_detector(long_side_px=640)([image])
    assert found.scores.tolist() == pytest.approx([0.6], abs=0.05)
    (found,) = make_detector(long_side_px=640, min_score=0.8)([image])
    assert found.polygons == [] and len(found.scores) == 0


def test_detector_does_not_modify_images():
    image, _ = photo(100, 150)
    before = image.copy()
    make_detector(long_side_px=320)([image])
    np.testing.assert_array_equal(image, before)


def test_detector_returns_rings_for_curved_words():
    angles = np.linspace(np.radians(215), np.radians(325), 60)
    image = np.full((320, 640, 3), 255, dtype=np.uint8)
    ys, xs = np.mgrid[:320, :640]
    radius = np.hypot(xs - 320, ys - 300)
    angle = np.arctan2(ys - 300, xs - 320) % (2 * np.pi)
    image[(np.abs(radius - 220) < 14) & (angle > angles[0]) & (angle < angles[-1])] = 0
    (found,) = make_detector(long_side_px=640)([image])
    (ring,) = found.polygons
    assert len(ring) > 4 and len(ring) % 2 == 0
    half = len(ring) // 2
    top, bottom = ring[:half], ring[half:]
    distance = [np.hypot(*(side - [320, 300]).T) for side in (top, bottom)]
    assert np.ptp(distance[0]) < 12 and np.ptp(distance[1]) < 12  # both along the arc
    assert distance[0].mean() > 240 > 200 > distance[1].mean()
    assert top[0, 0] < 200 and top[-1, 0] > 440  # read left to right


@pytest.mark.parametrize(
    'sizes', [{'long_side_px': 16}, {'divisor': 0}, {'max_upscale': 0.0}, {'long_side_px': -1}]
)
def test_detector_rejects_invalid_sizes(sizes):
    with pytest.raises(ValueError, match='long_side_px >= divisor'):
        make_detector(**sizes)


@pytest.mark.parametrize('coarse', [[16], [640], [1280], [160, 320], [320, 320]])
def test_detector_rejects_unsorted_coarse_sizes(coarse):
    with pytest.raises(ValueError, match=r'decrease from long_side_px .* got \[.*long_side_px=640'):
        make_detector(long_side_px=640, coarse_long_sides_px=coarse)


def test_detector_builds_without_a_default_scope():
    config = {
        'type': 'DBNet',
        'data_preprocessor': {'type': 'TextDetDataPreprocessor', 'pad_size_divisor': 32},
        'backbone': {'type': 'InkBackbone'},
        'det_head': {'type': 'InkHead', 'postprocessor': {'type': 'DBWordPostprocessor'}},
    }
    with DefaultScope.overwrite_default_scope(None):
        detector = TextDetector(config)
    assert type(detector.detector).__name__ == 'DBNet'


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')
def test_detector_gives_the_same_result_on_the_gpu():
    image, box = photo(320, 640)
    (found,) = make_detector(long_side_px=640).to('cuda')([image])
    assert box_of(found.polygons[0]) == pytest.approx(box, abs=2)


def mmocr_detector(name: str, **options) -> TextDetector:
    model = Config.fromfile(MMOCR_CONFIGS / f'{name}.py').model
    model.backbone.init_cfg = None  # offline
    with DefaultScope.overwrite_default_scope('mmocr'):
        return TextDetector(model, **options).eval()


def test_panet_finds_a_word_that_fills_the_image():
    detector = mmocr_detector('panet/panet_resnet18_fpem-ffm_600e_icdar2015', long_side_px=128)
    with torch.no_grad():  # All pixels are text of one word.
        last = detector.detector.det_head.conv2
        last.weight.zero_()
        last.bias.copy_(torch.tensor([5.0, 5.0, 0.0, 0.0, 0.0, 0.0]))
    for found, (height, width) in zip(
        detector([np.zeros((200, 400, 3), np.uint8), np.zeros((90, 60, 3), np.uint8)]),
        [(200, 400), (90, 60)],
    ):
        (polygon,) = found.polygons
        assert box_of(polygon) == pytest.approx([0, 0, width, height], abs=width / 10)
        assert found.scores[0] > 0.9


def test_fcenet_with_random_weights_runs():
    detector = mmocr_detector('fcenet/fcenet_resnet50_fpn_1500e_icdar2015', long_side_px=64)
    rng = np.random.default_rng(0)
    (found,) = detector([rng.integers(0, 256, (60, 100, 3), dtype=np.uint8)])
    assert len(found.polygons) == len(found.scores)
    for polygon in found.polygons:
        assert len(polygon) >= 4 and len(polygon) % 2 == 0 and np.isfinite(polygon).all()
