from __future__ import annotations

import io
import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw, features

from pipeline.io import ImageReadError, ImageReadWarning, read_image

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
def test_read_image_composites_dark_ink_over_white(mode):
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


def lettering(mode, ink, background_alpha=0):
    """Bars of one gray value on a transparent image, as letters of a logo."""
    alpha = np.full((20, 40), background_alpha, np.uint8)
    alpha[5:15, 4:36:8] = 255
    luminance = Image.fromarray(np.full((20, 40), ink, np.uint8))
    image = Image.merge('LA', (luminance, Image.fromarray(alpha)))
    if mode == 'P':
        indices = Image.fromarray((alpha > 0).astype(np.uint8))
        indices.putpalette([ink] * 6)
        return indices
    return image.convert(mode)


@pytest.mark.parametrize('ink, background', [(255, 0), (200, 0), (60, 255), (0, 255)])
@pytest.mark.parametrize('mode', ['RGBA', 'LA', 'P', 'BGRA array', '16-bit BGRA array'])
def test_read_image_background_contrasts_with_letters(mode, ink, background):
    image = lettering({'LA': 'LA', 'P': 'P'}.get(mode, 'RGBA'), ink)
    if mode.endswith('array'):
        source = np.asarray(image)[..., [2, 1, 0, 3]]
        source = source.astype(np.uint16) * 257 if mode.startswith('16') else source
    else:
        source = encoded(image, 'PNG', **({'transparency': 0} if mode == 'P' else {}))
    pixels = read_image(source)
    assert pixels[0, 0].tolist() == [background] * 3
    assert pixels[10, 4].tolist() == [ink] * 3


def test_read_image_shows_black_and_white_letters_on_gray():
    image = lettering('RGBA', 255)
    image.paste(lettering('RGBA', 0).crop((0, 0, 20, 20)))
    pixels = read_image(image)
    assert pixels[0, 0].tolist() == [128] * 3
    assert [pixels[10, x, 0] for x in (4, 28)] == [0, 255]


def test_read_image_keeps_opaque_pixels_of_alpha_images():
    noise = np.random.default_rng(0).integers(0, 256, (9, 11, 4), dtype=np.uint8)
    noise[..., 3] = 255
    np.testing.assert_array_equal(read_image(noise), noise[..., :3])
    noise[:3, :, 3] = 0
    np.testing.assert_array_equal(read_image(noise)[3:], noise[3:, :, :3])


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


def with_frames(file_format, *frames, **options):
    return encoded(frames[0], file_format, save_all=True, append_images=frames[1:], **options)


@pytest.mark.parametrize('file_format', ['GIF', 'WEBP', 'PNG', 'AVIF'])
def test_read_image_skips_blank_frames_of_animations(file_format):
    if file_format in ('WEBP', 'AVIF') and not features.check(file_format.lower()):
        pytest.skip(f'this Pillow has no {file_format}')
    blanks = [Image.new('RGB', (64, 48), color) for color in ('black', 'white')]
    data = with_frames(file_format, *blanks, scene(), noise())
    with pytest.warns(ImageReadWarning, match='image bytes: only frame 3 of 4 is read') as caught:
        pixels = read_image(data)
    assert len(caught) == 1
    assert_looks_like(pixels, expected(), tolerance=6)


def test_read_image_returns_the_first_frame_if_all_are_blank():
    frames = [Image.new('RGB', (8, 8), color) for color in ('red', 'blue')]
    with pytest.warns(ImageReadWarning, match='only frame 1 of 2 is read'):
        assert read_image(with_frames('GIF', *frames))[4, 4].tolist() == [0, 0, 255]


@pytest.mark.filterwarnings('ignore::pipeline.io.ImageReadWarning')
def test_read_image_returns_the_first_frame_of_truncated_animations():
    frames = [scene(), noise(), noise()]
    whole, first = with_frames('GIF', *frames), len(with_frames('GIF', *frames[:1]))
    for end in range(first + 20, len(whole), 97):
        assert_looks_like(read_image(whole[:end]), expected(), tolerance=6)
    with pytest.raises(ImageReadError, match='damaged image'):
        for end in range(first + 20, len(whole), 97):
            read_image(whole[:end], strict=True)


def test_read_image_returns_the_current_frame_of_pillow_images():
    image = Image.open(io.BytesIO(with_frames('TIFF', noise(), scene())))
    image.seek(1)
    assert_looks_like(read_image(image), expected())


def test_read_image_returns_the_first_tiff_page():
    with pytest.warns(ImageReadWarning, match='only the first of 2 pages is read'):
        assert_looks_like(read_image(with_frames('TIFF', scene(), noise())), expected())


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
        (lambda folder: encoded(scene(), 'PNG')[:45], 'damaged image'),
        (lambda folder: encoded(scene(), 'WEBP', lossless=True)[:-9], 'damaged image'),
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


def noise(mode='RGB'):
    values = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def spoil(data, chunk, offset):
    """Flip one byte of a PNG, ``offset`` bytes after the start of a chunk's name."""
    index = data.index(chunk) + offset
    return data[:index] + bytes([data[index] ^ 255]) + data[index + 1 :]


DAMAGED = {
    'JPEG without end marker': lambda: (encoded(noise(), 'JPEG')[:-2], 48),
    'JPEG without last byte': lambda: (encoded(noise(), 'JPEG')[:-1], 48),
    'truncated JPEG': lambda: (truncated('JPEG'), 20),
    'truncated progressive JPEG': lambda: (truncated('JPEG', progressive=True), 20),
    'truncated PNG': lambda: (truncated('PNG'), 20),
    'truncated BMP': lambda: (truncated('BMP'), 0),  # BMP stores the last row first.
    'truncated GIF': lambda: (encoded(noise('P'), 'GIF')[:-900], 20),
    'truncated TIFF': lambda: (truncated('TIFF'), 20),
    'PNG with bad header checksum': lambda: (spoil(encoded(noise(), 'PNG'), b'IHDR', 17), 48),
    'PNG with bad pixels': lambda: (spoil(encoded(noise(), 'PNG'), b'IDAT', 5000), 20),
}


def truncated(file_format, **options):
    data = encoded(noise(), file_format, **options)
    return data[: len(data) * 3 // 4]


@pytest.mark.parametrize('kind', DAMAGED)
def test_read_image_decodes_the_readable_part(kind, tmp_path):
    data, rows = DAMAGED[kind]()
    path = write(tmp_path / 'photo.img', data)
    with pytest.warns(ImageReadWarning, match=r'photo.img: damaged image') as caught:
        pixels = read_image(path)
    assert len(caught) == 1 and len(str(caught[0].message).splitlines()) == 1
    assert pixels.shape == (48, 64, 3)
    assert (pixels.std(axis=(1, 2)) > 20)[:rows].all()
    with pytest.raises(ImageReadError, match=r'photo.img: '):
        read_image(path, strict=True)


def test_read_image_keeps_intact_rows_of_a_truncated_png():
    with pytest.warns(ImageReadWarning):
        pixels = read_image(truncated('PNG'))
    np.testing.assert_array_equal(pixels[:20], np.asarray(noise())[:20, :, ::-1])


def test_read_image_decodes_damaged_pillow_images():
    data = truncated('PNG')
    with pytest.warns(ImageReadWarning, match='damaged image'):
        assert read_image(Image.open(io.BytesIO(data)))[:20].std() > 20
    with pytest.raises(ImageReadError, match='damaged image'):
        read_image(Image.open(io.BytesIO(data)), strict=True)


def media_file(*brands):
    """Start of an ISO base media file, the container of HEIC and AVIF."""
    names = b''.join(brand.encode() for brand in brands)
    return struct.pack('>I4s4sI', 16 + len(names), b'ftyp', names[:4], 0) + names + bytes(64)


@pytest.mark.parametrize('brands', [('heic',), ('mif1', 'heic'), ('msf1', 'hevc')])
def test_read_image_names_the_package_of_heic(brands, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pillow_heif', None)
    with pytest.raises(ImageReadError, match=r'image bytes: HEIC.* pip install pillow-heif'):
        read_image(media_file(*brands))


def test_read_image_names_the_package_of_avif(monkeypatch):
    data = media_file('mif1', 'avif')
    monkeypatch.delitem(features.modules, 'avif', raising=False)
    with pytest.raises(ImageReadError, match=r'AVIF image; .* pip install'):
        read_image(data)


def test_read_image_registers_pillow_heif(monkeypatch):
    calls = []
    module = SimpleNamespace(register_heif_opener=lambda: calls.append('registered'))
    monkeypatch.setitem(sys.modules, 'pillow_heif', module)
    with pytest.raises(ImageReadError, match='not an image that can be read'):
        read_image(media_file('heic'))
    read_image(encoded(scene(), 'PNG'))
    assert calls == ['registered']


def test_read_image_decodes_heic():
    pytest.importorskip('pillow_heif').register_heif_opener()
    assert_looks_like(read_image(encoded(scene(), 'HEIF', quality=95)), expected(), 4)


def test_read_image_decodes_avif():
    if 'avif' not in features.modules or not features.check_module('avif'):
        pytest.skip('this Pillow has no AVIF')
    assert_looks_like(read_image(encoded(scene(), 'AVIF', quality=95)), expected(), 4)


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
