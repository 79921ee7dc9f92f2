"""``clipter infer`` reads every kind of input."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from infer_results import errors, files, read_json, save, texts
from PIL import Image
from toy_spotter import BOX, draw_photo


def stored_rotated(path: Path) -> None:
    """Write an image rotated by 90 degrees, with the EXIF orientation that undoes it."""
    picture = Image.open(save(path, 'm')).convert('RGB')
    exif = Image.Exif()
    exif[0x0112] = 6  # shown rotated by 90 degrees clockwise
    picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)


def with_mode(mode: str, path: Path, **options: object) -> None:
    picture = Image.open(save(path.with_suffix('.source.png'), 'm')).convert('RGB')
    if mode == 'RGBA':
        picture = picture.convert('RGBA')
        pixels = np.array(picture)
        pixels[(pixels[..., :3] == 255).all(2)] = 0  # transparent black for white
        picture = Image.fromarray(pixels)
    elif mode == '16':
        pixels = np.asarray(picture.convert('L')).astype(np.uint16) * 257
        picture = Image.fromarray(pixels)
    elif mode != 'RGB':
        picture = picture.convert(mode)
    picture.save(path, **options)
    path.with_suffix('.source.png').unlink()


KINDS = {
    'turned.jpg': stored_rotated,
    'photo.jpg': partial(with_mode, 'RGB'),
    'photo.png': partial(with_mode, 'RGB'),
    'photo.webp': partial(with_mode, 'RGB', lossless=True),
    'photo.tiff': partial(with_mode, 'RGB'),
    'photo.bmp': partial(with_mode, 'RGB'),
    'palette.gif': partial(with_mode, 'P'),
    'palette.png': partial(with_mode, 'P'),
    'gray.png': partial(with_mode, 'L'),
    'gray.jpg': partial(with_mode, 'L'),
    'alpha.png': partial(with_mode, 'RGBA'),
    'ink.jpg': partial(with_mode, 'CMYK', quality=95),
    'sixteen.png': partial(with_mode, '16'),
    'sixteen.tif': partial(with_mode, '16'),
}


def test_infer_reads_every_image_format_upright(run, tmp_path):
    for name, make in KINDS.items():
        make(tmp_path / 'in' / name)
    done = run(*(tmp_path / 'in' / name for name in KINDS), '--format', 'jsonl', '--no-draw')
    assert done.status == 0 and errors(done.err) == []
    lines = (tmp_path / 'results' / 'results.jsonl').read_text().splitlines()
    assert len(lines) == len(KINDS)
    for name, record in zip(KINDS, map(json.loads, lines)):
        assert (record['width'], record['height']) == (200, 100), name
        (word,) = record['words']
        corners = np.array(word['polygon'])
        assert [*corners.min(0), *corners.max(0)] == pytest.approx(BOX, abs=3), name
        if name.endswith(('.png', '.webp', '.tiff', '.bmp')) and name[:4] in ('phot', 'alph'):
            assert word['text'] == 'm', name


def test_infer_expands_folders_globs_and_pages(run, tmp_path):
    save(tmp_path / 'photos' / 'img_10.png', 'b')
    save(tmp_path / 'photos' / 'img_2.png', 'a')
    save(tmp_path / 'photos' / 'deep' / 'er.JPG', 'c')
    (tmp_path / 'photos' / 'notes.txt').write_text('no image')
    save(tmp_path / 'more_1.png', 'd')
    save(tmp_path / 'more_2.png', 'e')
    pages = [Image.fromarray(draw_photo((letter, BOX))[..., ::-1]) for letter in 'fg']
    pages[0].save(tmp_path / 'scan.pdf', save_all=True, append_images=pages[1:], resolution=200)
    done = run('photos', 'more_*.png', 'scan.pdf', '--out', 'out', '--no-draw')
    assert done.status == 0
    assert [line.split(' (')[0] for line in done.out] == [
        'photos/img_2.png', 'photos/img_10.png', 'photos/deep/er.JPG',
        'more_1.png', 'more_2.png', 'scan.pdf#page=1', 'scan.pdf#page=2',
    ]  # fmt: skip
    assert files(tmp_path / 'out') == [
        'er.json', 'img_10.json', 'img_2.json', 'more_1.json', 'more_2.json',
        'scan-p001.json', 'scan-p002.json',
    ]  # fmt: skip
    page = read_json(tmp_path / 'out' / 'scan-p002.json')
    assert (page['width'], page['height'], len(page['words'])) == (200, 100, 1)


def test_infer_reads_tiff_pages_and_animations(run, tmp_path):
    pages = [Image.fromarray(draw_photo((letter, BOX))[..., ::-1]) for letter in 'fg']
    blank = Image.new('RGB', pages[0].size)
    pages[0].save(tmp_path / 'scan.tif', save_all=True, append_images=pages[1:])
    blank.save(tmp_path / 'fade.png', save_all=True, append_images=pages)
    done = run('scan.tif', 'fade.png', '--out', 'out', '--no-draw')
    assert done.status == 0
    assert [line.split(' (')[0] for line in done.out] == [
        'scan.tif#page=1', 'scan.tif#page=2', 'fade.png',
    ]  # fmt: skip
    assert done.err == [
        'warning: fade.png: only frame 2 of 3 is read (the frames before it are blank)'
    ]
    assert files(tmp_path / 'out') == ['fade.json', 'scan-p001.json', 'scan-p002.json']
    assert [texts(tmp_path / 'out' / f'{name}.json') for name in ('scan-p002', 'fade')] == [
        ['g'], ['f'],
    ]  # fmt: skip


def test_infer_reads_standard_input(run, tmp_path, monkeypatch):
    data = save(tmp_path / 'a.png', 's').read_bytes()
    monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO(data)))
    done = run('-')
    assert done.status == 0 and done.out[0].endswith(': s')
    assert read_json(tmp_path / 'results' / 'stdin.json')['image'] == '-'


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """A web server of a folder on this machine."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_address[1]}'
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_infer_downloads_addresses(run, tmp_path):
    save(tmp_path / 'web' / 'Straße 1.png', 'w')
    with serve(tmp_path / 'web') as address:
        done = run(f'{address}/Straße 1.png?size=big', f'{address}/gone.png')
    assert done.status == 1
    assert done.out[0].endswith(': w')
    (error,) = errors(done.err)
    assert 'gone.png' in error and '404' in error
    assert texts(tmp_path / 'results' / 'Straße 1.json') == ['w']


def test_infer_equal_names_get_separate_results(run, tmp_path):
    inputs = [save(tmp_path / folder / 'a.png', letter) for folder, letter in ('xp', 'yq', 'zr')]
    run(*inputs, save(tmp_path / 'A.jpg'))
    assert texts(tmp_path / 'results' / 'a.json') == ['p']
    assert texts(tmp_path / 'results' / 'a-2.json') == ['q']
    assert texts(tmp_path / 'results' / 'a-3.json') == ['r']
    assert len(files(tmp_path / 'results')) == 8


def test_infer_never_overwrites_inputs(run, tmp_path):
    photo = save(tmp_path / 'photos' / 'a.png', 'm')
    before = photo.read_bytes()
    done = run('photos', '--out', 'photos')
    assert photo.read_bytes() == before
    assert done.status == 2
    (error,) = done.err
    assert 'photos/a.png' in error and '--out' in error
    assert run('photos', '--out', 'photos', '--no-draw').status == 0
    assert files(tmp_path / 'photos') == ['a.json', 'a.png']


def test_infer_skips_its_own_results(run, tmp_path):
    save(tmp_path / 'photos' / 'a.jpg', 'm')
    for _ in range(2):
        assert len(run('photos', '--out', 'photos/results').out) == 1
