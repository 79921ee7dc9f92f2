"""From crops of many sizes to texts, in batches of one size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmocr_recognizers import write_charset
from small_recognizers import build, make_scenes

from pipeline.recognition.crop_reader import group_by_size, read_crops


def make_crops(*widths: int, height: int = 32) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for width in widths]


def test_group_by_size_never_mixes_widths() -> None:
    crops = make_crops(64, 32, 64, 96, 32, 64)
    assert group_by_size(crops, 2) == [[1, 4], [0, 2], [5], [3]]


def test_read_crops_does_not_depend_on_other_crops(tmp_path) -> None:
    model = build('PP-OCRv6', write_charset(tmp_path)).recognizer
    crops = make_crops(64, 32, 96, 64, 128, 32)
    together = read_crops(model, crops)
    for crop, reading in zip(crops, together):
        (alone,) = read_crops(model, [crop])
        assert alone.item == reading.item
        assert alone.score == pytest.approx(reading.score, abs=1e-5)


@pytest.mark.parametrize('batch_size', [1, 3, 64])
def test_read_crops_does_not_depend_on_the_batch_size(tmp_path, batch_size: int) -> None:
    model = build('PP-OCRv6', write_charset(tmp_path)).recognizer
    crops = make_crops(64, 32, 64, 64, 64)
    expected = [reading.item for reading in read_crops(model, crops)]
    assert [r.item for r in read_crops(model, crops, batch_size=batch_size)] == expected


def test_read_crops_passes_each_crop_its_own_scene(tmp_path) -> None:
    model = build('PP-OCRv6', write_charset(tmp_path), alpha=2.0)
    crops = make_crops(64, 32, 64, 32)
    tokens, index = make_scenes(4)['context_tokens'], [0, 1, 1, 0]
    together = read_crops(model, crops, tokens, index)
    for crop, image, reading in zip(crops, index, together):
        (alone,) = read_crops(model, [crop], tokens[image][None], [0])
        assert alone.score == pytest.approx(reading.score, abs=1e-5)


def test_read_crops_converts_crops_for_gray_recognizers(tmp_path) -> None:
    model = build('CRNN', write_charset(tmp_path)).recognizer
    (reading,) = read_crops(model, make_crops(64))
    assert isinstance(reading.item, str)


def test_read_crops_without_crops(tmp_path) -> None:
    assert read_crops(build('PARSeq', write_charset(tmp_path)).recognizer, []) == []


def test_read_crops_requires_the_image_of_each_crop(tmp_path) -> None:
    model = build('PP-OCRv6', write_charset(tmp_path))
    with pytest.raises(ValueError, match='tokens require image_index'):
        read_crops(model, make_crops(64), torch.zeros(1, 5, 12))
