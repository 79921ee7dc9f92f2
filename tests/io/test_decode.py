from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, features

from pipeline.io import ImageReadError, read_image

SKY, WALL = (20, 90, 200), (210, 180, 60)  # RGB


def scene(mode='RGB'):
    """An image without symmetry under rotation or mirroring."""
    image = Image.new('RGB', (64, 48), SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 24, 64, 48], fill=WALL)
    draw.rectangle([0, 32, 16, 48], fill=(0, 0, 0))
    return image.convert(mode)


def expected():
    return np.asarray(scene())[..., ::-1]


def encoded(image, file_format, **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def assert_looks_like(pixels, wanted, tolerance=0.0):
    assert pixels.shape == wanted.shape and pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - wanted).mean() <= tolerance


@pytest.mark.parametrize('file_format', ['PNG', 'BMP', 'TIFF', 'PPM'])
def test_read_image_of_lossless_files_is_exact(file_format):
    assert_looks_like(read_image(encoded(scene(), file_format)), expected())


@pytest.mark.parametrize('file_format', ['JPEG', 'WEBP', 'GIF'])
def test_read_image_of_lossy_files_is_close(file_format):
    if file_format == 'WEBP' and not features.check('webp'):
        pytest.skip('this Pillow has no WebP')
    assert_looks_like(read_image(encoded(scene(), file_format)), expected(), tolerance=4)


def test_read_image_accepts_all_kinds_of_sources(tmp_path):
    data = encoded(scene(), 'PNG')
    path = tmp_path / 'scene.png'
    path.write_bytes(data)
    for source in (path, str(path), data, bytearray(data), scene(), expected()):
        assert_looks_like(read_image(source), expected())


def test_read_image_reads_open_files(tmp_path):
    data = encoded(scene(), 'PNG')
    path = write(tmp_path / 'scene.png', data)
    np.testing.assert_array_equal(read_image(io.BytesIO(data)), read_image(data))
    with path.open('rb') as file:
        np.testing.assert_array_equal(read_image(file), read_image(data))
        with pytest.raises(ImageReadError, match=r'scene\.png: .* was read to its end'):
            read_image(file)
    with pytest.raises(ImageReadError, match=r'scene\.png: cannot be read .*closed'):
        read_image(file)
    with pytest.raises(ImageReadError, match='open it in binary mode'):
        read_image(io.StringIO('text'))


def test_read_image_copies_arrays():
    array = expected().copy()
    read_image(array)[:] = 0
    np.testing.assert_array_equal(array, expected())


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('file_format', ['JPEG', 'PNG', 'WEBP', 'TIFF'])
def test_read_image_applies_exif_orientation(orientation, file_format):
    turned = {
        1: lambda image: image,
        2: lambda image: image[:, ::-1],
        3: lambda image: image[::-1, ::-1],
        4: lambda image: image[::-1],
        5: lambda image: image.transpose(1, 0, 2),
        6: lambda image: np.rot90(image, 1),
        7: lambda image: np.rot90(image, 2).transpose(1, 0, 2),
        8: lambda image: np.rot90(image, -1),
    }[orientation]  # Pixels that a camera in this orientation stores for the upright scene.
    stored = Image.fromarray(np.ascontiguousarray(turned(np.asarray(scene()))))
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_looks_like(read_image(encoded(stored, file_format, exif=exif)), expected(), 6)


def test_read_image_ignores_broken_exif():
    data = encoded(scene(), 'JPEG', exif=b'Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff broken')
    assert_looks_like(read_image(data), expected(), 4)


def test_read_image_converts_gray_palette_and_1_bit():
    gray = np.asarray(scene('L'))[..., None].repeat(3, axis=2)
    assert_looks_like(read_image(encoded(scene('L'), 'PNG')), gray)
    assert_looks_like(read_image(encoded(scene().quantize(4), 'PNG')), expected(), 1)
    bits = np.asarray(scene('1')).astype(np.uint8)[..., None].repeat(3, axis=2) * 255
    assert_looks_like(read_image(encoded(scene('1'), 'PNG')), bits)


@pytest.mark.parametrize('mode', ['RGBA', 'LA'])
def test_read_image_composites_alpha_over_white(mode):
    image = Image.new(mode, (3, 1))
    ink = (0, 0, 0) if mode == 'RGBA' else (0,)
    for x, alpha in enumerate((0, 128, 255)):
        image.putpixel((x, 0), (*ink, alpha))
    assert read_image(encoded(image, 'PNG'))[0].tolist() == [[255] * 3, [127] * 3, [0] * 3]


def test_read_image_of_transparent_palette_is_white():
    image = Image.new('P', (2, 1))
    image.putpalette([0, 0, 0, 9, 8, 7])
    image.putpixel((1, 0), 1)
    pixels = read_image(encoded(image, 'PNG', transparency=0))
    assert pixels[0].tolist() == [[255, 255, 255], [7, 8, 9]]


def test_read_image_converts_cmyk():
    assert_looks_like(read_image(encoded(scene('CMYK'), 'JPEG', quality=95)), expected(), 4)
    assert_looks_like(read_image(encoded(scene('CMYK'), 'TIFF')), expected(), 1)


@pytest.mark.parametrize('file_format', ['PNG', 'TIFF'])
def test_read_image_scales_16_bit_values(file_format):
    values = np.array([[0, 257, 128 * 257, 65535]], dtype=np.uint16)
    pixels = read_image(encoded(Image.fromarray(values), file_format))
    assert pixels[0, :, 0].tolist() == [0, 1, 128, 255]
    assert read_image(values)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_read_image_scales_float_tiffs():
    values = np.array([[0.0, 0.5, 1.0]], dtype=np.float32)
    assert read_image(encoded(Image.fromarray(values), 'TIFF'))[0, :, 1].tolist() == [0, 128, 255]


def test_read_image_returns_the_first_frame():
    frames = [Image.new('RGB', (8, 8), color) for color in ('red', 'blue')]
    data = encoded(frames[0], 'GIF', save_all=True, append_images=frames[1:])
    assert read_image(data)[4, 4].tolist() == [0, 0, 255]


def test_read_image_accepts_gray_and_bgra_arrays():
    gray = np.full((2, 2), 7, dtype=np.uint8)
    assert read_image(gray).tolist() == [[[7, 7, 7]] * 2] * 2
    assert read_image(gray.astype(bool))[0, 0].tolist() == [255] * 3
    assert read_image(np.array([[[1, 2, 3, 0]]], dtype=np.uint8))[0, 0].tolist() == [255] * 3


@pytest.mark.parametrize(
    'make, message',
    [
        (lambda folder: folder / 'none.jpg', 'none.jpg: no such file'),
        (lambda folder: folder, 'is a folder'),
        (lambda folder: write(folder / 'empty.jpg', b''), 'empty.jpg: the file is empty'),
        (lambda folder: write(folder / 'text.jpg', b'hello\nworld'), 'text.jpg: not an image'),
        (lambda folder: write(folder / 'a.pdf', b'%PDF-1.4'), 'is a PDF'),
        (lambda folder: encoded(scene(), 'PNG')[:80], 'damaged image'),
        (lambda folder: encoded(scene(), 'JPEG')[:-300], 'damaged image'),
        (lambda folder: np.zeros((4, 4, 3), np.float32), 'uint8'),
        (lambda folder: np.zeros((4, 4, 2), np.uint8), r'\(H, W, 3\)'),
        (lambda folder: np.zeros((0, 4, 3), np.uint8), r'\(H, W, 3\)'),
        (lambda folder: 42, 'int'),
        (lambda folder: 'nul\0byte.jpg', 'null byte'),
    ],
)
def test_read_image_error_is_one_line(tmp_path, make, message):
    with pytest.raises(ImageReadError, match=message) as caught:
        read_image(make(tmp_path))
    assert len(str(caught.value).splitlines()) == 1
    assert isinstance(caught.value, ValueError)


def write(path, data):
    path.write_bytes(data)
    return path


def test_read_image_rejects_large_images_before_decoding():
    data = encoded(Image.new('1', (30000, 20000)), 'PNG')  # 600 million pixels in 75 kB.
    with pytest.raises(ImageReadError, match='limit of 300 million'):
        read_image(data)
    with pytest.raises(ImageReadError, match='limit'):
        read_image(scene(), max_pixels=100)


def test_read_image_restores_the_limit_of_pillow():
    before = Image.MAX_IMAGE_PIXELS
    read_image(encoded(scene(), 'PNG'))
    with pytest.raises(ImageReadError):
        read_image(b'no image')
    assert before == Image.MAX_IMAGE_PIXELS
