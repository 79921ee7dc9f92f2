"""``clipter infer`` as a user runs it, with a spotter whose readings are known."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from toy_spotter import BOX, draw_photo, write_config

import pipeline.io
from pipeline.cli import infer
from pipeline.evaluation.file_evaluation import evaluate_files
from pipeline.io import InputItem

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_config(tmp_path_factory.mktemp('toy')))


@pytest.fixture
def run(config, tmp_path, capsys, monkeypatch):
    """Run the tool in ``tmp_path``; gives its status, output lines and error lines."""
    monkeypatch.chdir(tmp_path)

    def call(*args: object) -> SimpleNamespace:
        status = infer.main([*map(str, args), '--config', config])
        out, err = capsys.readouterr()
        return SimpleNamespace(status=status, out=out.splitlines(), err=err.splitlines())

    return call


def save(path: Path, *letters: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [(letter, (10, 10 + 40 * i, 90, 34 + 40 * i)) for i, letter in enumerate(letters)]
    cv2.imwrite(str(path), draw_photo(*words))
    return path


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding='utf-8'))


def texts(path: Path) -> list[str]:
    return [word['text'] for word in read_json(path)['words']]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def errors(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith('error: ')]


# One image


def test_infer_writes_a_line_json_and_picture(run, tmp_path):
    photo = save(tmp_path / 'photo.jpg', 'k', 'm')
    done = run(photo)
    assert done.status == 0 and done.err == []
    (line,) = done.out
    assert re.fullmatch(re.escape(str(photo)) + r' \(2 words, \d+\.\d\d s\): k m', line)
    record = read_json(tmp_path / 'results' / 'photo.json')
    assert list(record) == [
        'image', 'width', 'height', 'orientation', 'words', 'seconds',
    ]  # fmt: skip
    assert (record['image'], record['width'], record['height']) == (str(photo), 200, 100)
    word = record['words'][0]
    assert list(word) == [
        'polygon', 'text', 'score', 'det_score', 'rec_score', 'line', 'block',
    ]  # fmt: skip
    x1, y1, x2, y2 = BOX
    np.testing.assert_allclose(word['polygon'], [[x1, y1], [x2, y1], [x2, y2], [x1, y2]], atol=2)
    drawn = cv2.imread(str(tmp_path / 'results' / 'photo.png'))
    assert drawn.shape == (100, 200, 3)
    assert (drawn != cv2.imread(str(photo))).any()


def test_infer_photo_without_words_has_a_result(run, tmp_path):
    done = run(save(tmp_path / 'empty.png'), '--out', 'out')
    assert done.status == 0
    assert re.search(r'empty\.png \(0 words, \d+\.\d\d s\)$', done.out[0])
    assert texts(tmp_path / 'out' / 'empty.json') == []
    assert (tmp_path / 'out' / 'empty.png').is_file()


def test_infer_no_draw_and_quiet(run, tmp_path):
    done = run(save(tmp_path / 'a.png', 'b'), save(tmp_path / 'c.png'), '--no-draw', '--quiet')
    assert (done.status, done.out, done.err) == (0, [], [])
    assert files(tmp_path / 'results') == ['a.json', 'c.json']


def test_infer_min_score_drops_words(run, tmp_path):
    photo = save(tmp_path / 'a.png', 'b')
    run(photo)
    (word,) = read_json(tmp_path / 'results' / 'a.json')['words']
    run(photo, '--min-score', word['score'] + 0.01)
    assert texts(tmp_path / 'results' / 'a.json') == []


# Every kind of input


def stored_turned(path: Path) -> None:
    """As a camera held on its side stores it, with the tag that says so."""
    picture = Image.open(save(path, 'm')).convert('RGB')
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)


def with_mode(mode: str, path: Path, **options: object) -> None:
    picture = Image.open(save(path.with_suffix('.source.png'), 'm')).convert('RGB')
    if mode == 'RGBA':
        picture = picture.convert('RGBA')
        pixels = np.array(picture)
        pixels[(pixels[..., :3] == 255).all(2)] = 0  # see-through black in place of white
        picture = Image.fromarray(pixels)
    elif mode == '16':
        pixels = np.asarray(picture.convert('L')).astype(np.uint16) * 257
        picture = Image.fromarray(pixels)
    elif mode != 'RGB':
        picture = picture.convert(mode)
    picture.save(path, **options)
    path.with_suffix('.source.png').unlink()


KINDS = {
    'turned.jpg': stored_turned,
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


# What cannot be read


def test_infer_reports_unreadable_inputs_and_continues(run, tmp_path):
    (tmp_path / 'empty.jpg').write_bytes(b'')
    (tmp_path / 'text.png').write_text('hello\nworld\n' * 50)
    (tmp_path / 'bare').mkdir()
    header = save(tmp_path / 'half.png', 'h').read_bytes()[:45]
    (tmp_path / 'half.png').write_bytes(header)
    (tmp_path / 'bad.pdf').write_bytes(b'%PDF-1.7 nothing')
    good = [save(tmp_path / f'good{i}.png', 'g') for i in range(2)]
    done = run(
        'missing.jpg', good[0], 'empty.jpg', 'text.png', 'bare', 'no*.jpg', 'half.png', 'bad.pdf',
        good[1], '--batch-size', 2, '--no-draw',
    )  # fmt: skip
    assert done.status == 1
    assert [line.split(' (')[0] for line in done.out] == [str(path) for path in good]
    told = errors(done.err)
    assert len(told) == 7
    for line, wanted in zip(
        told,
        [
            'missing.jpg: no such file',
            'empty.jpg: the file is empty',
            'text.png: not an image',
            'bare: no images in this folder',
            'no*.jpg: nothing matches',
            'half.png: damaged image',
            'bad.pdf: cannot read the PDF',
        ],
    ):
        assert wanted in line
    assert done.err[-1] == '7 of 9 inputs could not be read'
    assert files(tmp_path / 'results') == ['good0.json', 'good1.json']


def test_infer_reads_damaged_images_with_a_warning(run, tmp_path):
    path = save(tmp_path / 'cut.jpg', 'm')
    path.write_bytes(path.read_bytes()[:-2])
    done = run('cut.jpg', '--no-draw')
    assert done.status == 0 and done.out[0].startswith('cut.jpg (1 word')
    (line,) = done.err
    assert line.startswith('warning: cut.jpg: damaged image')
    assert run('cut.jpg', '--no-draw', '--quiet').err == []


def test_infer_strict_refuses_damaged_images(run, tmp_path):
    path = save(tmp_path / 'cut.jpg', 'm')
    path.write_bytes(path.read_bytes()[:-2])
    done = run('cut.jpg', '--no-draw', '--strict')
    assert (done.status, done.out) == (1, [])
    assert done.err[0].startswith('error: cut.jpg: damaged image')


def test_infer_loads_no_model_without_readable_inputs(run, monkeypatch):
    monkeypatch.setattr(infer, 'load_spotter', None)
    done = run('missing.jpg', '--quiet')
    assert (done.status, done.out, done.err) == (1, [], ['error: missing.jpg: no such file'])


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--context', 'on'], 'ColourReader has no scene context'),
        (['--words', 'english'], 'ColourReader has none'),
        (['--checkpoint', 'gone.pth'], 'no weights at gone.pth'),
        (['--checkpoint', 'a.png'], 'cannot read weights from a.png'),
        (['--out', 'a.png'], 'cannot write to a.png'),
    ],
)
def test_infer_reports_wrong_settings_in_one_line(run, tmp_path, options, message):
    done = run(save(tmp_path / 'a.png', 'b'), *options)
    assert done.status == 2
    (line,) = errors(done.err)
    assert message in line


def test_infer_rejects_a_config_without_spotter(tmp_path, capsys):
    photo = str(save(tmp_path / 'a.png', 'b'))
    detection = REPOSITORY / 'configs' / 'detection' / 'dbnet-compact_synth-ic15.py'
    for config, message in ((tmp_path / 'none.py', 'no config'), (detection, 'TextSpotter')):
        status = infer.main([photo, '--out', str(tmp_path / 'out'), '--config', str(config)])
        assert status == 2
        (line,) = errors(capsys.readouterr().err.splitlines())
        assert message in line


@pytest.mark.parametrize(
    'options',
    [
        ['--batch-size', '0'], ['--min-score', '2'], ['--format', 'xml'], ['--context', 'maybe'],
        ['--device', 'abacus'], ['--batch-size', 'many'],
    ],
)  # fmt: skip
def test_infer_rejects_values_out_of_range(options, capsys):
    with pytest.raises(SystemExit) as caught:
        infer.main(['a.png', *options])
    assert caught.value.code == 2
    assert options[0] in capsys.readouterr().err


@pytest.mark.parametrize('device', ['cuda', 'cuda:99', 'mps'])
def test_infer_rejects_a_missing_device(run, tmp_path, device):
    if device == 'cuda' and torch.cuda.is_available():
        pytest.skip('there is a CUDA device')
    if device == 'mps' and torch.backends.mps.is_available():
        pytest.skip('there is an Apple GPU')
    done = run(save(tmp_path / 'a.png', 'b'), '--device', device)
    assert done.status == 2
    (line,) = errors(done.err)
    assert device in line and ('Apple' if device == 'mps' else 'CUDA') in line


# Formats


def test_infer_icdar_files_can_be_scored(run, tmp_path):
    save(tmp_path / 'photos' / 'img_1.png', 'k', 'm')
    gold = tmp_path / 'gold'
    gold.mkdir()
    (gold / 'gt_img_1.txt').write_text('10,10,90,10,90,34,10,34,k\n10,50,90,50,90,74,10,74,m\n')
    assert run('photos', '--format', 'icdar', '--no-draw').status == 0
    assert files(tmp_path / 'results') == ['res_img_1.txt']
    assert evaluate_files(gold, tmp_path / 'results', 'icdar2015')['hmean'] == 1.0


@pytest.mark.parametrize('result_format', ['jsonl', 'csv'])
def test_infer_writes_all_photos_to_one_file(run, tmp_path, result_format):
    photos = [save(tmp_path / 'a.png', 'k', 'm'), save(tmp_path / 'b.png')]
    run(*photos, '--format', result_format, '--no-draw')
    text = (tmp_path / 'results' / f'results.{result_format}').read_text()
    if result_format == 'jsonl':
        rows = [json.loads(line) for line in text.splitlines()]
        read = [(row['image'], [word['text'] for word in row['words']]) for row in rows]
        assert read == [(str(photos[0]), ['k', 'm']), (str(photos[1]), [])]
    else:
        read = [(row['image'], row['text']) for row in csv.DictReader(io.StringIO(text))]
        assert read == [(str(photos[0]), 'k'), (str(photos[0]), 'm'), (str(photos[1]), '')]


# Many images


def test_infer_reads_batches_with_a_progress_bar(run, tmp_path, monkeypatch):
    letters = 'abcde'
    for letter in letters:
        save(tmp_path / 'photos' / f'{letter}.png', letter)
    sizes = []
    read = infer.read_batch

    def counted(spotter, batch, *rest):
        sizes.append(len(batch.images))
        return read(spotter, batch, *rest)

    monkeypatch.setattr(infer, 'read_batch', counted)
    monkeypatch.setattr(sys.stderr, 'isatty', lambda: True)
    done = run('photos', '--batch-size', 2, '--no-draw')
    assert sorted(sizes) == [1, 2, 2]
    assert [line.rsplit(': ')[-1] for line in done.out] == list(letters)
    assert 'image/s' in done.err[-1] or 's/image' in done.err[-1]


def test_infer_prints_no_progress_bar_to_a_file(run, tmp_path):
    for letter in 'ab':
        save(tmp_path / 'photos' / f'{letter}.png', letter)
    (tmp_path / 'photos' / 'broken.png').write_text('no image')
    done = run('photos', '--no-draw')
    found, error, total = done.err
    assert found == '3 images found'
    assert error.startswith('error: ') and total == '1 of 3 inputs could not be read'


@pytest.mark.parametrize('workers', [1, 2])
def test_infer_keeps_one_batch_per_worker_in_memory(run, monkeypatch, workers):
    alive: list[weakref.ref] = []
    most = 0

    def load() -> np.ndarray:
        nonlocal most
        photo = draw_photo(('a', BOX))
        alive.append(weakref.ref(photo))
        most = max(most, sum(ref() is not None for ref in alive))
        return photo

    items = [InputItem(f'{i}', f'{i}.png', load) for i in range(8)]
    monkeypatch.setattr(pipeline.io, 'iter_inputs', lambda *_, **__: iter(items))
    options = ('--batch-size', 2, '--workers', workers, '--quiet', '--no-draw')
    assert run('photos', *options).status == 0
    assert len(alive) == 8
    assert most <= 2 * workers


def test_infer_resume_continues_after_an_interrupt(run, tmp_path, monkeypatch):
    for letter in 'abcd':
        save(tmp_path / 'photos' / f'{letter}.png', letter)
    read, count = infer.read_batch, 0

    def interrupted(*args: object) -> list:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return read(*args)

    monkeypatch.setattr(infer, 'read_batch', interrupted)
    done = run('photos', '--workers', 1)
    assert done.status == 130
    assert '--resume' in done.err[-1]
    assert files(tmp_path / 'results') == ['a.json', 'a.png', 'b.json', 'b.png']
    kept = (tmp_path / 'results' / 'a.json').stat().st_mtime_ns

    monkeypatch.setattr(infer, 'read_batch', read)
    done = run('photos', '--resume')
    assert done.status == 0
    assert done.out[0] == '2 of 4 images are in results already'
    assert [line.rsplit(': ')[-1] for line in done.out[1:]] == ['c', 'd']
    assert (tmp_path / 'results' / 'a.json').stat().st_mtime_ns == kept
    assert len(files(tmp_path / 'results')) == 8


def test_infer_reports_how_many_images_a_folder_has(run, tmp_path):
    for name in 'abc':
        save(tmp_path / 'photos' / f'{name}.png', name)
    assert run('photos').err == ['3 images found']
    assert run('photos/[ab].png', '--out', 'two').err == ['2 images found']
    assert run('photos', '--quiet', '--out', 'three').err == []


def test_infer_ends_quietly_on_a_broken_pipe(run, tmp_path, monkeypatch):
    def broken(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(infer, '_print', broken)
    done = run(save(tmp_path / 'a.png', 'b'))
    assert (done.status, done.err) == (1, [])


def test_infer_control_c_leaves_complete_results(tmp_path):
    for i in range(60):
        save(tmp_path / 'photos' / f'{i}.png', 'k')
    config = write_config(tmp_path, seconds=0.1)
    starter = tmp_path / 'start.py'
    starter.write_text(
        'import runpy, signal, toy_spotter\n'
        # Test runners in the background hand an ignored SIGINT on.
        'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
        f'runpy.run_path({str(REPOSITORY / "tools" / "infer.py")!r}, run_name="__main__")\n'
    )
    process = subprocess.Popen(
        [
            sys.executable, starter, 'photos', '--config', config, '--format', 'jsonl', '--no-draw',
            '--batch-size', '1',
        ],
        cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={
            **os.environ, 'PYTHONPATH': f'{REPOSITORY}:{REPOSITORY / "tests" / "helpers"}',
            'OMP_NUM_THREADS': '1', 'PYTHONUNBUFFERED': '1',
        },
    )  # fmt: skip
    assert process.stdout is not None
    printed = [process.stdout.readline() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate()
    assert process.returncode == 130
    assert 'Traceback' not in err and 'interrupted' in err
    printed += rest.splitlines()
    lines = (tmp_path / 'results' / 'results.jsonl').read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert 2 <= len(records) < 60
    assert len(records) - len(printed) in (0, 1)  # the line of the last may be unsaid
