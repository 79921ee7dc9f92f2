from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.datasets.converters.annotation_file import spotting_instance
from pipeline.datasets.converters.crops import cut_word, write_crops

LEFT, RIGHT = (40, 60, 220), (200, 120, 30)  # colors of the two halves of each word
QUAD = np.array([[20, 30], [80, 30], [80, 50], [20, 50]], dtype=np.float32)


def draw(*rings: np.ndarray) -> np.ndarray:
    """A 120 x 160 image with words, whose halves have the colours ``LEFT`` and ``RIGHT``."""
    photo = np.full((120, 160, 3), 255, dtype=np.uint8)
    for ring in rings:
        half = len(ring) // 2
        top, bottom = ring[:half], ring[half:][::-1]
        middle = [(side[(half - 1) // 2] + side[half // 2]) / 2 for side in (top, bottom)]
        for color, points in (
            (LEFT, [*top[: (half + 1) // 2], *middle, *bottom[: (half + 1) // 2][::-1]]),
            (RIGHT, [*top[half // 2 :], *bottom[half // 2 :][::-1], *middle[::-1]]),
        ):
            cv2.fillPoly(photo, [np.rint(points).astype(np.int32)], color)
    return photo


def turned(ring: np.ndarray, degrees: float, center: tuple[float, float] = (80, 60)) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D(center, degrees, 1)
    return cv2.transform((ring + np.array([30, 20]))[None].astype(np.float32), matrix)[0]


def arc() -> np.ndarray:
    """A word on a half circle, 20 px high, 7 + 7 points, from left to right."""
    angles = np.linspace(np.pi, 2 * np.pi, 7)
    sides = [np.stack([80 + r * np.cos(angles), 90 + r * np.sin(angles)], axis=1) for r in (60, 40)]
    return np.concatenate([sides[0], sides[1][::-1]]).astype(np.float32)


def write_set(root: Path, *instances: dict, name: str = 'photo.png') -> dict:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    rings = [np.reshape(word['polygon'], (-1, 2)) for word in instances]
    cv2.imwrite(str(root / name), draw(*rings))
    return {'img_path': name, 'height': 120, 'width': 160, 'instances': list(instances)}


@pytest.mark.parametrize('degrees', [0, 20, 180, -60])
def test_cut_word_has_the_size_of_the_word(degrees):
    ring = turned(QUAD, degrees)
    crop = cut_word(draw(ring), ring.ravel().tolist())
    assert crop.shape == (20, 60, 3)
    np.testing.assert_allclose(crop[10, 10], LEFT, atol=2)
    np.testing.assert_allclose(crop[10, 50], RIGHT, atol=2)


def test_cut_word_unrolls_curved_words():
    ring = arc()
    crop = cut_word(draw(ring), ring.ravel().tolist())
    assert crop.shape[0] == 20
    assert 145 < crop.shape[1] < 160  # the mean of two half circles, 50 pi = 157
    np.testing.assert_allclose(crop[10, 10], LEFT, atol=2)
    np.testing.assert_allclose(crop[10, -10], RIGHT, atol=2)


def test_cut_word_rotates_tall_words():
    ring = np.array([[60, 20], [80, 20], [80, 90], [60, 90]], dtype=np.float32)
    assert cut_word(draw(ring), ring.ravel().tolist()).shape == (20, 70, 3)


def test_write_crops_does_not_rotate_single_characters(tmp_path):
    ring = np.array([[60, 20], [80, 20], [80, 90], [60, 90]], dtype=np.float32)
    words = [spotting_instance(ring, text, False) for text in ('1', '10')]
    paths = [
        s['img_path'] for s in write_crops(tmp_path, tmp_path / 'c', [write_set(tmp_path, *words)])
    ]
    assert [cv2.imread(str(tmp_path / path)).shape[:2] for path in paths] == [(70, 20), (20, 70)]


def test_cut_word_accepts_odd_and_empty_polygons():
    photo = draw(QUAD)
    odd = [20, 30, 50, 30, 80, 30, 80, 50, 20, 50]
    assert cut_word(photo, odd).shape == (20, 60, 3)
    assert cut_word(photo, [5, 5, 5, 5, 5, 5, 5, 5]).shape == (1, 1, 3)


def test_write_crops_skips_ignored_and_empty_words(tmp_path):
    instances = [
        spotting_instance(QUAD + [0, shift], text, ignore)
        for shift, text, ignore in [
            (0, 'b', False),
            (20, '###', True),
            (30, '', False),
            (50, 'a', False),
        ]
    ]
    sample = write_set(tmp_path, *instances)
    found = list(write_crops(tmp_path, tmp_path / 'out' / 'textrecog_train', [sample]))
    assert found == [
        {'img_path': 'textrecog_train/photo_0000.jpg', 'instances': [{'text': 'b'}]},
        {'img_path': 'textrecog_train/photo_0003.jpg', 'instances': [{'text': 'a'}]},
    ]
    written = sorted(path.name for path in (tmp_path / 'out' / 'textrecog_train').glob('*.jpg'))
    assert written == ['photo_0000.jpg', 'photo_0003.jpg']


def test_write_crops_cuts_only_changed_images(tmp_path):
    sample = write_set(tmp_path, spotting_instance(QUAD, 'a', False))
    folder = tmp_path / 'crops'
    list(write_crops(tmp_path, folder, [sample]))
    crop = folder / 'photo_0000.jpg'
    first = crop.stat().st_mtime_ns
    list(write_crops(tmp_path, folder, [sample]))
    assert crop.stat().st_mtime_ns == first

    wider = write_set(tmp_path, spotting_instance(QUAD * [1.5, 1], 'a', False))
    list(write_crops(tmp_path, folder, [wider]))
    assert cv2.imread(str(crop)).shape == (20, 90, 3)

    crop.unlink()
    list(write_crops(tmp_path, folder, [wider]))
    assert crop.is_file()


def test_write_crops_tolerates_a_truncated_record(tmp_path):
    sample = write_set(tmp_path, spotting_instance(QUAD, 'a', False))
    folder = tmp_path / 'crops'
    list(write_crops(tmp_path, folder, [sample]))
    record = folder / '.crops.jsonl'
    record.write_text(record.read_text() + '["pho')
    assert len(list(write_crops(tmp_path, folder, [sample]))) == 1


def test_write_crops_separates_images_of_the_same_name(tmp_path):
    samples = [
        write_set(tmp_path, spotting_instance(QUAD, text, False), name=f'{text}/photo.png')
        for text in 'ab'
    ]
    paths = [sample['img_path'] for sample in write_crops(tmp_path, tmp_path / 'crops', samples)]
    assert paths == ['crops/a_photo.png_0000.jpg', 'crops/b_photo.png_0000.jpg']
    assert all((tmp_path / path).is_file() for path in paths)


def test_write_crops_reads_images_with_pillow(tmp_path, monkeypatch):
    sample = write_set(tmp_path, spotting_instance(QUAD, 'a', False))
    whole = cv2.imread(str(tmp_path / 'photo.png'))
    monkeypatch.setattr('pipeline.datasets.converters.crops.cv2.imread', lambda *_: None)
    (crop,) = write_crops(tmp_path, tmp_path / 'crops', [sample])
    monkeypatch.undo()
    expected = cut_word(whole, QUAD.ravel().tolist(), upright=True)
    assert np.abs(cv2.imread(str(tmp_path / crop['img_path'])).astype(int) - expected).mean() < 3


def break_chunk(data: bytes) -> bytes:
    start = data.index(b'IDAT')
    return data[: start - 4] + b'\0\0\0\x05' + data[start:]


@pytest.mark.parametrize('damage', [lambda data: b'no photo', break_chunk])
def test_write_crops_names_an_unreadable_image(tmp_path, damage):
    sample = write_set(tmp_path, spotting_instance(QUAD, 'a', False))
    photo = tmp_path / 'photo.png'
    photo.write_bytes(damage(photo.read_bytes()))
    with pytest.raises(ValueError, match=r'photo\.png cannot be read as an image'):
        list(write_crops(tmp_path, tmp_path / 'crops', [sample]))
