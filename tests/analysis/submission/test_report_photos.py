"""Images of a report: their files and their orientation."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.analysis.submission.photo_files import (
    default_image_folder,
    encode_photo,
    find_photo_files,
)
from pipeline.io import ImageReadError

ORIENTATION = 0x0112


def save_photo(path: Path, size: tuple[int, int] = (60, 40), orientation: int = 1) -> Path:
    """An image whose left half is red as stored; ``size`` is (width, height)."""
    pixels = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    pixels[:, : size[0] // 2] = (255, 0, 0)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(pixels).save(path, exif=exif, quality=95)
    return path


def shown(data_uri: str) -> Image.Image:
    head, _, body = data_uri.partition(',')
    assert head == 'data:image/jpeg;base64'
    return Image.open(io.BytesIO(base64.b64decode(body)))


@pytest.mark.parametrize(
    ('name', 'file'),
    [
        ('12', 'img_12.jpg'),
        ('12', 'img12.PNG'),
        ('12', '0000012.jpg'),
        ('0000012', 'img_12.jpg'),
        ('shop', 'shop.jpeg'),
        ('img_12', 'img_12.jpg'),
        ('12', 'ts_img_12.webp'),
    ],
)
def test_find_photo_files_finds_by_number_or_name(tmp_path: Path, name: str, file: str) -> None:
    for other in ('img_1.jpg', 'img_112.jpg', 'gt_img_12.txt', file):
        (tmp_path / other).write_bytes(b'')

    assert find_photo_files(tmp_path, [name, '7']) == {name: tmp_path / file}


def test_find_photo_files_of_a_missing_folder_is_empty(tmp_path: Path) -> None:
    assert find_photo_files(tmp_path / 'none', ['1']) == {}


def test_default_image_folder_prefers_images_beside_gt(tmp_path: Path) -> None:
    gt = tmp_path / 'set' / 'gt'
    gt.mkdir(parents=True)
    assert default_image_folder(gt) == gt
    assert default_image_folder(tmp_path / 'set' / 'gt.zip') == tmp_path / 'set'

    (tmp_path / 'set' / 'images').mkdir()
    assert default_image_folder(gt) == tmp_path / 'set' / 'images'
    assert default_image_folder(tmp_path / 'set' / 'gt.zip') == tmp_path / 'set' / 'images'
    assert default_image_folder(tmp_path / 'set') == tmp_path / 'set' / 'images'


@pytest.mark.parametrize('orientation', [1, 3, 6])
def test_encode_photo_keeps_stored_pixels(tmp_path: Path, orientation: int) -> None:
    picture = encode_photo(save_photo(tmp_path / 'photo.jpg', orientation=orientation))

    image = shown(picture.data_uri)
    assert image.size == (60, 40) and picture.size == (40, 60) and not picture.turned
    assert ORIENTATION not in image.getexif()
    assert image.convert('RGB').getpixel((10, 20))[0] > 200
    assert image.convert('RGB').getpixel((50, 20))[0] < 50


def test_encode_photo_rotates_if_polygons_require_it(tmp_path: Path) -> None:
    path = save_photo(tmp_path / 'photo.jpg', orientation=6)
    low = np.array([[5, 45], [20, 45], [20, 55], [5, 55]])

    picture = encode_photo(path, [low])

    assert picture.turned and picture.size == (60, 40)
    assert shown(picture.data_uri).size == (40, 60)
    assert not encode_photo(path, [low + 100]).turned


def test_encode_photo_shrinks_large_images(
    tmp_path: Path,
) -> None:
    picture = encode_photo(save_photo(tmp_path / 'photo.jpg', size=(3000, 1500)))

    assert shown(picture.data_uri).size == (1280, 640)
    assert picture.size == (1500, 3000)


@pytest.mark.parametrize('mode', ['L', 'P', 'RGBA', 'CMYK', 'I;16', '1'])
def test_encode_photo_accepts_any_mode(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ('photo.jpg' if mode == 'CMYK' else 'photo.png')
    Image.new(mode, (30, 20)).save(path)

    assert shown(encode_photo(path).data_uri).size == (30, 20)


def test_encode_photo_reports_a_damaged_image(tmp_path: Path) -> None:
    (tmp_path / 'img_1.jpg').write_bytes(b'no photo')

    with pytest.raises(ImageReadError, match=r'^img_1\.jpg: not an image'):
        encode_photo(tmp_path / 'img_1.jpg')
