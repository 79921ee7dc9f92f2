"""The finest pass searches only where a coarser one has seen text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from ink_detector import box_of, draw_kernels

from pipeline.detection.db_words import DBWords
from pipeline.detection.detections import Detections
from pipeline.detection.image_pyramid import ImagePyramid, Prediction
from pipeline.detection.regions import find_regions

SIZE = (704, 1280)


def make_map(*spots: tuple[int, int, int, int], prob: float = 0.1) -> np.ndarray:
    """A probability map of half the size, with spots at these boxes of the full size."""
    prob_map = np.full((352, 640), 0.03, dtype=np.float32)
    for x1, y1, x2, y2 in spots:
        prob_map[y1 // 2 : y2 // 2, x1 // 2 : x2 // 2] = prob
    return prob_map


def boxes_of(prob_map: np.ndarray) -> list[tuple[int, int, int, int]]:
    return [(t.left, t.top, t.right, t.bottom) for t in find_regions(prob_map, SIZE, 32)]


def test_regions_contain_faint_spots_with_a_margin():
    assert boxes_of(make_map((320, 320, 352, 352))) == [(256, 256, 416, 416)]
    assert boxes_of(make_map((0, 0, 10, 10), (1270, 690, 1280, 700))) == [
        (0, 0, 96, 96), (1184, 608, 1280, 704),
    ]  # fmt: skip


def test_near_spots_share_a_region():
    (region,) = boxes_of(make_map((320, 320, 352, 352), (480, 320, 512, 352)))
    assert region == (256, 256, 576, 416)


def test_sides_of_regions_can_be_multiples_of_a_size():
    spots = make_map((320, 320, 352, 352), (1270, 690, 1280, 700))
    regions = find_regions(spots, SIZE, 32, side_px=256)
    assert [(t.left, t.top, t.right, t.bottom) for t in regions] == [
        (256, 256, 512, 512), (1024, 448, 1280, 704),
    ]  # fmt: skip


def test_without_spots_there_is_no_region():
    assert boxes_of(make_map()) == []


@pytest.mark.parametrize('step', [60, 200])
def test_text_everywhere_is_one_region(step):
    spots = [(x, y, x + 40, y + 20) for x in range(0, 1240, step) for y in range(0, 680, step)]
    assert boxes_of(make_map(*spots)) == [(0, 0, 1280, 704)]


class MapDetector:
    """A pyramid whose probability map is the darkness of the image."""

    def __init__(self, with_maps: bool = True, **options) -> None:
        self.pyramid = ImagePyramid(**options)
        self.words = DBWords(min_text_score=0.6)
        self.with_maps = with_maps
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, images: Sequence[np.ndarray]) -> list[Detections]:
        return self.pyramid.detect(images, self.predict)

    def predict(self, images, ori_shapes):
        found = []
        for image, size in zip(images, ori_shapes):
            self.shapes.append(image.shape[:2])
            prob_map = 1 - image.mean(2, dtype=np.float32) / 255
            words = self.words.in_image(prob_map, size)
            found.append(Prediction(*words, prob_map if self.with_maps else None))
        return found


WORDS = [(200, 100, 260, 120), (900, 560, 1010, 590)]


def search(image, **options):
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[640, 320], **options)
    (found,) = detector([image])
    return sorted(box_of(polygon) for polygon in found.polygons), detector.shapes


def test_words_are_found_where_the_whole_search_finds_them():
    image = draw_kernels(SIZE, *WORDS)
    whole, shapes = search(image, with_maps=False)
    assert (704, 1280) in shapes
    found, shapes = search(image)
    np.testing.assert_allclose(found, whole, atol=0.1)
    assert len(found) == 2
    *coarse, first, second = shapes
    assert coarse == [(352, 640)]
    assert max(*first, *second) < 400


@pytest.mark.parametrize(
    ('words', 'sizes'),
    [
        (WORDS, [640]),
        ([*WORDS, (300, 300, 700, 400)], [640, 320]),
        ([], [640, 320, 160]),
    ],
    ids=['small', 'large', 'none'],
)
def test_coarser_passes_are_skipped_if_all_words_are_small(words, sizes):
    image = draw_kernels(SIZE, *words) if words else np.full((*SIZE, 3), 255, dtype=np.uint8)
    _, shapes = search(image, coarse_min_side_px=24)
    assert [width for _, width in shapes if width in (640, 320, 160)] == sizes


def test_words_that_the_coarse_pass_cannot_outline_are_found():
    """The coarse pass has a mean probability below the threshold of words."""
    image = draw_kernels(SIZE, WORDS[0])
    image[:, ::2] = 255  # stripes that the coarse pass does not resolve
    image[image < 255] = 0
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[640])
    detector.words = DBWords(min_text_score=0.6, mask_thr=0.7, min_side_px=0)
    (found,) = detector([image])
    assert [shape for shape in detector.shapes if shape[1] > 640] == []
    assert len(detector.shapes) == 2 and len(found.polygons) > 0


def test_image_without_text_has_no_fine_search():
    found, shapes = search(np.full((*SIZE, 3), 255, dtype=np.uint8))
    assert found == [] and max(width for _, width in shapes) == 640


def test_images_of_a_batch_have_their_own_regions():
    images = [draw_kernels(SIZE, word) for word in WORDS]
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[640])
    boxes = [box_of(found.polygons[0]) for found in detector(images)]
    for box, word in zip(boxes, WORDS):
        assert box == pytest.approx(word, abs=3)


def test_images_in_tiles_are_searched_where_the_coarse_pass_sees_text():
    """The coarse pass is in tiles too."""
    words = [(400, 200, 520, 240), (3000, 1800, 3220, 1860), (3300, 150, 5000, 260)]
    image = draw_kernels((2816, 5120), *words)
    options = dict(long_side_px=5120, coarse_long_sides_px=[2560], tile_px=1280)
    shapes, boxes = [], []
    for with_maps in (False, True):
        detector = MapDetector(with_maps, **options)
        (found,) = detector([image])
        shapes.append(detector.shapes)
        boxes.append(sorted(box_of(polygon) for polygon in found.polygons))
    np.testing.assert_allclose(boxes[1], boxes[0], atol=3)
    assert len(boxes[1]) == 3
    assert max(side for shape in shapes[1] for side in shape) <= 1280
    whole, regions = (sum(h * w for h, w in each) for each in shapes)
    assert regions < 0.4 * whole


def test_words_that_a_large_region_cuts_are_found_whole():
    """The region is larger than a tile, and the coarse pass sees the left half of one word."""
    words = [(100, 300, 1400, 380), (1500, 300, 2000, 360)]
    image = draw_kernels((704, 2560), *words)
    detector = MapDetector(long_side_px=2560, coarse_long_sides_px=[1280], tile_px=1280)

    def predict(images, ori_shapes):
        found = detector.predict(images, ori_shapes)
        if images[0].shape[:2] == (352, 1280):
            prob_map = found[0].prob_map.copy()
            prob_map[:, 900:] = 0
            return [Prediction([], np.zeros(0), prob_map)]
        return found

    (found,) = detector.pyramid.detect([image], predict)
    boxes = sorted(box_of(polygon) for polygon in found.polygons)
    np.testing.assert_allclose(boxes, words, atol=8)
    assert max(side for shape in detector.shapes for side in shape) <= 1280


def test_words_that_a_region_cuts_are_searched_again():
    """The coarse pass sees the left half of the word."""
    word = (460, 300, 940, 340)
    image = draw_kernels(SIZE, word)
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[640])

    def predict(images, ori_shapes):
        found = detector.predict(images, ori_shapes)
        if images[0].shape[1] == 640:
            prob_map = found[0].prob_map.copy()
            prob_map[:, 370:] = 0
            return [Prediction([], np.zeros(0), prob_map)]
        return found

    (found,) = detector.pyramid.detect([image], predict)
    _, first, second = detector.shapes
    assert second[1] > first[1]
    (polygon,) = found.polygons
    assert box_of(polygon)[2] > 840


def test_words_of_regions_are_kept_as_they_are_found():
    """A word inside of another one is not a repeated word of two tiles."""
    boxes = [(300, 200, 400, 300), (320, 240, 360, 260)]
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[640])

    def predict(images, ori_shapes):
        if images[0].shape[1] == 640:
            return [Prediction([], np.zeros(0), make_map(boxes[0]))]
        rings = [np.float32([[x1, y1], [x2, y1], [x2, y2], [x1, y2]]) for x1, y1, x2, y2 in boxes]
        corner = np.float32([224, 128])
        return [Prediction([ring - corner for ring in rings], np.full(2, 0.9))]

    (found,) = detector.pyramid.detect([np.zeros((*SIZE, 3), np.uint8)], predict)
    assert sorted(box_of(polygon) for polygon in found.polygons) == sorted(map(list, boxes))


def test_regions_of_strips_need_a_large_map():
    """A quarter of 1280 px is too small, though both widths are at least 32 px."""
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[320], max_aspect=40)
    detector([draw_kernels((1280, 64), (10, 100, 50, 120))])
    assert (1280, 64) in detector.shapes


def test_many_spots_are_one_region():
    spots = [(x, y, x + 2, y + 2) for x in range(0, 1280, 170) for y in range(0, 700, 116)]
    assert len(find_regions(make_map(*spots), SIZE, 4)) == 1


def test_small_images_are_searched_whole():
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[640])
    detector([draw_kernels((300, 520), (100, 100, 160, 120))])
    assert (608, 1024) in detector.shapes


def test_small_coarse_passes_show_no_regions():
    """A pass at a quarter of the size does not see small words."""
    detector = MapDetector(long_side_px=1280, coarse_long_sides_px=[320])
    detector([draw_kernels(SIZE, *WORDS)])
    assert (704, 1280) in detector.shapes
