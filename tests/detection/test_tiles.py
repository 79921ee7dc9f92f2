"""Long and large images are searched in overlapping tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.detection.db_words import DBWords
from pipeline.detection.detections import Detections
from pipeline.detection.image_pyramid import ImagePyramid, Prediction
from pipeline.detection.tiles import Tile, merge_tiles


class InkDetector:
    """A pyramid whose probability map is the darkness of the image."""

    def __init__(self, **options) -> None:
        self.pyramid = ImagePyramid(**options)
        self.words = DBWords()
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, images: Sequence[np.ndarray]) -> list[Detections]:
        return self.pyramid.detect(images, self.predict)

    def predict(self, images, ori_shapes):
        self.shapes.append(np.stack(images).shape)
        for image, (height, width) in zip(images, ori_shapes):
            polygons, scores = self.words(1 - image.mean(2, dtype=np.float32) / 255)
            scale = np.array([width / image.shape[1], height / image.shape[0]], dtype=np.float32)
            yield Prediction([polygon * scale for polygon in polygons], scores)


def draw_kernels(size: tuple[int, int], *boxes: tuple[float, ...]) -> np.ndarray:
    """A white image with the kernels of words in black, as DBNet is trained on them."""
    image = np.full((*size, 3), 255, dtype=np.uint8)
    for x1, y1, x2, y2 in boxes:
        width, height = x2 - x1, y2 - y1
        inset = round(width * height * (1 - 0.4**2) / (2 * (width + height)))
        image[y1 + inset : y2 - inset, x1 + inset : x2 - inset] = 0
    return image


def box_of(polygon: np.ndarray) -> list[float]:
    return [*polygon.min(0).tolist(), *polygon.max(0).tolist()]


def box(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)


def found(*boxes: tuple[float, ...]) -> Detections:
    return Detections([box(*b) for b in boxes], np.full(len(boxes), 0.8, dtype=np.float32))


@pytest.mark.parametrize(
    ('height', 'width', 'tile'),
    [(32, 32, 128), (640, 640, 640), (640, 672, 640), (6016, 512, 1664), (992, 2016, 300)],
)
def test_cut_covers_the_image_with_overlap(height, width, tile):
    tiles = Tile(0, 0, height, width, (height, width)).cut(tile, 32)
    seen = np.zeros((height, width), dtype=int)
    for part in tiles:
        seen[part.rows, part.columns] += 1
        assert max(part.bottom - part.top, part.right - part.left) <= tile
        assert part.top % 32 == part.left % 32 == 0
    assert seen.min() == 1
    assert (len(tiles) == 1) == (max(height, width) <= tile)
    for starts, side in (({t.top for t in tiles}, height), ({t.left for t in tiles}, width)):
        used = min(tile // 32 * 32, side)
        steps = np.diff(sorted(starts))
        length = side - steps.sum()  # of each tile
        assert (length - steps >= used / 4).all()
        # No tile is larger than needed.
        assert len(starts) * (length - 32) < side + len(steps) * (used / 4 + 32)


def test_cut_of_a_part_stays_inside_it():
    part = Tile(64, 320, 640, 2048, (1024, 4096))
    tiles = part.cut(640, 32)
    assert [(t.left, t.right) for t in tiles] == [
        (320, 896),
        (704, 1280),
        (1088, 1664),
        (1472, 2048),
    ]
    assert {(t.top, t.bottom, t.size) for t in tiles} == {(64, 640, (1024, 4096))}


def test_merge_tiles_keeps_a_word_of_two_tiles_once():
    tiles = [Tile(0, 0, 64, 400, (64, 700)), Tile(0, 300, 64, 700, (64, 700))]
    merged = merge_tiles(tiles, [found((320, 10, 380, 40)), found((21, 10, 79, 40))])
    assert [box_of(p) for p in merged.polygons] == [[320, 10, 380, 40]]


def test_merge_tiles_keeps_words_inside_others_of_one_tile():
    tiles = [Tile(0, 0, 64, 400, (64, 700)), Tile(0, 300, 64, 700, (64, 700))]
    merged = merge_tiles(tiles, [found((20, 5, 200, 60), (50, 20, 90, 40)), found()])
    assert len(merged.polygons) == 2


def test_merge_tiles_prefers_complete_words_to_pieces():
    tiles = [Tile(0, 0, 64, 400, (64, 700)), Tile(0, 300, 64, 700, (64, 700))]
    merged = merge_tiles(tiles, [found((350, 10, 401, 40)), found((50, 10, 150, 40))])
    assert [box_of(p) for p in merged.polygons] == [[350, 10, 450, 40]]


def test_merge_tiles_joins_words_that_no_tile_contains():
    tiles = [Tile(0, 0, 64, 400, (64, 700)), Tile(0, 300, 64, 700, (64, 700))]
    merged = merge_tiles(tiles, [found((100, 10, 401, 40)), found((-1, 10, 250, 40))])
    assert [box_of(p) for p in merged.polygons] == [pytest.approx([100, 10, 550, 40], abs=1)]
    assert merged.scores.tolist() == pytest.approx([0.8])


def test_merge_tiles_keeps_neighbouring_lines_apart():
    tiles = [Tile(0, 0, 400, 64, (700, 64)), Tile(300, 0, 700, 64, (700, 64))]
    lines = [(5, y, 60, y + 20) for y in range(0, 400, 22)]
    merged = merge_tiles(
        tiles,
        [found(*lines), found(*[(x1, y1, x2, y2) for x1, y1, x2, y2 in lines if y2 < 300])],
    )
    assert len(merged.polygons) == len(lines) + sum(y2 > 110 and y2 < 300 for *_, y2 in lines)


def test_detector_finds_each_word_of_a_long_image_once():
    boxes = [(40 + 90 * (i % 3), 20 + 40 * (i // 3), 110 + 90 * (i % 3), 46 + 40 * (i // 3))
             for i in range(150)]  # fmt: skip
    image = draw_kernels((2040, 330), *boxes)
    detector = InkDetector(long_side_px=640, max_aspect=1.5)
    (some,) = detector([image])
    shapes = detector.shapes
    assert len(shapes) > 3 and all(shape[0] == 1 and max(shape) <= 640 for shape in shapes)
    centers = sorted(tuple(np.round(p.mean(0) / 8)) for p in some.polygons)
    assert len(some.polygons) == 150 == len(set(centers))
    wanted = sorted(boxes, key=lambda b: (b[1], b[0]))
    result = sorted(
        (box_of(p) for p in some.polygons), key=lambda b: (round((b[1] - 20) / 40), b[0])
    )
    np.testing.assert_allclose(result, wanted, atol=6)


def test_detector_finds_words_longer_than_the_overlap():
    image = draw_kernels((64, 3000), (150, 10, 2700, 50))
    (some,) = InkDetector(long_side_px=640, max_aspect=4.0)([image])
    assert [box_of(p) for p in some.polygons] == [pytest.approx([150, 10, 2700, 50], abs=20)]


def test_detector_searches_tiles_of_many_images_in_order():
    images = [draw_kernels((64, 2000), (100 * k, 10, 100 * k + 90, 50)) for k in (3, 12)]
    images.insert(1, draw_kernels((320, 640), (100, 100, 300, 160)))
    results = InkDetector(long_side_px=640)(images)
    lefts = [box_of(some.polygons[0])[0] for some in results]
    assert lefts == pytest.approx([300, 100, 1200], abs=6)


@pytest.mark.parametrize(
    ('size', 'working'),
    [
        ((720, 1280), (928, 1664)),  # enlarged, as without tiles
        ((3000, 4000), (1248, 1664)),  # usual photos are shrunk to the long side
        ((2400, 1080), (1664, 736)),
        ((6000, 500), (6016, 512)),  # long ones are not
        ((30000, 1000), (19968, 672)),  # as a 2500 x 1000 image
        ((60, 9000), (64, 8992)),
        ((12000, 16000), (3008, 4000)),  # a quarter
    ],
)
def test_working_size_of_long_and_large_images(size, working):
    assert ImagePyramid(long_side_px=1664).working_size(*size) == working


def test_set_long_side_keeps_the_smaller_passes():
    pyramid = ImagePyramid(long_side_px=1664, coarse_long_sides_px=(768, 352))
    pyramid.set_long_side(3000)
    assert (pyramid.long_side_px, pyramid.tile_px) == (3000, 1664)
    assert pyramid.coarse_long_sides_px == (1664, 768, 352)
    pyramid.set_long_side(900)
    assert pyramid.coarse_long_sides_px == (352,)  # 768 is close to 900
    pyramid.set_tile(320)
    assert pyramid.tile_px == 320


def test_arguments_make_an_equal_pyramid():
    pyramid = ImagePyramid(1280, (640, 320), region_px=64)
    assert vars(ImagePyramid(**pyramid.arguments)) == vars(pyramid)
    pyramid.set_tile(640)
    pyramid.set_long_side(2560)
    again = ImagePyramid(**pyramid.arguments)
    assert again.arguments == pyramid.arguments
    assert (again.long_side_px, again.tile_px) == (2560, 640)


def test_set_long_side_depends_on_the_last_size_only():
    pyramid = ImagePyramid(long_side_px=1280, coarse_long_sides_px=(640, 320))
    for size in (1600, 2844, 1280):
        pyramid.set_long_side(size)
    assert pyramid.coarse_long_sides_px == (640, 320)
    pyramid.set_long_side(2844)  # its input has 2848 px, for which 1280 is too small
    assert pyramid.coarse_long_sides_px == (1408, 640, 320)


def test_cut_has_few_sizes():
    sides = {
        tile.right - tile.left
        for width in range(1312, 3000, 32)
        for tile in Tile(0, 0, 640, width, (640, width)).cut(1280, 32, 128)
    }
    assert sides <= {*range(128, 1281, 128)}


def test_set_long_side_adds_a_pass_that_shows_where_text_is():
    pyramid = ImagePyramid(long_side_px=1280, coarse_long_sides_px=(640, 320))
    pyramid.set_long_side(1600)
    assert pyramid.coarse_long_sides_px == (800, 320)  # 640 is close to 800
    pyramid = ImagePyramid(long_side_px=1280, coarse_long_sides_px=(640, 320))
    pyramid.set_long_side(5120)
    assert pyramid.coarse_long_sides_px == (2560, 1280, 640, 320)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda p: p.set_tile(64), 'tile must be at least 128 px, got 64'),
        (lambda p: p.set_long_side(8), 'long side must be at least 32 px, got 8'),
        (lambda p: ImagePyramid(max_aspect=0.5), r'max_aspect >= 1 .* got max_aspect=0\.5'),
        (lambda p: ImagePyramid(min_scale=2), r'min_scale in \[0, 1\]'),
    ],
)
def test_pyramid_rejects_invalid_tiles_and_scales(change, message):
    with pytest.raises(ValueError, match=message):
        change(ImagePyramid())
