"""``clipter infer --crops`` as a user runs it: each image is one word."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import weakref
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from toy_spotter import GREEN, draw_photo, write_config

import pipeline.io
from pipeline.cli import infer
from pipeline.io import InputItem

SCORE = round(GREEN / 255, 4)


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_config(tmp_path_factory.mktemp('toy')))


@pytest.fixture
def run(config, tmp_path, capsys, monkeypatch):
    """Run the tool in ``tmp_path``; gives its status, output lines and error lines."""
    monkeypatch.chdir(tmp_path)

    def call(*args: object, config: str = config) -> SimpleNamespace:
        status = infer.main(['--crops', *map(str, args), '--config', config])
        out, err = capsys.readouterr()
        found = re.findall('^results in (.*)$', err, re.MULTILINE)
        lines = [line for line in err.splitlines() if not line.startswith('results in ')]
        return SimpleNamespace(status=status, out=out.splitlines(), err=lines, results=found)

    return call


@pytest.fixture
def passes(monkeypatch) -> list[int]:
    """How many crops each pass of the recognizer gets."""
    load, calls = infer.load_spotter, []

    def watched(args: object) -> object:
        spotter = load(args)
        spotter.recognizer.calls = calls
        return spotter

    monkeypatch.setattr(infer, 'load_spotter', watched)
    return calls


def draw_crop(letter: str, size: tuple[int, int] = (24, 60)) -> np.ndarray:
    height, width = size
    return draw_photo((letter, (0, 0, width, height)), size=size)


def save(path: Path, letter: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), draw_crop(letter))
    return path


def save_all(folder: Path, letters: str) -> None:
    for letter in letters:
        save(folder / f'{letter}.png', letter)


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding='utf-8'))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def errors(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith('error: ')]


# What is printed and written


@pytest.mark.parametrize('options', [[], ['--no-draw']])
def test_crop_gives_a_line_and_json_but_no_picture(run, tmp_path, options):
    save_all(tmp_path / 'words', 'km')
    done = run('words', *options)
    assert done.status == 0 and errors(done.err) == []
    assert done.out == [f'words/{letter}.png (0.78): {letter}' for letter in 'km']
    assert files(tmp_path / 'results') == ['k.json', 'm.json']
    record = {'image': 'words/m.png', 'text': 'm', 'score': pytest.approx(SCORE, abs=0.01)}
    assert read_json(tmp_path / 'results' / 'm.json') == record
    text = (tmp_path / 'results' / 'm.json').read_text()
    assert text.startswith('{"image": "words/m.png", "text": "m", "score": 0.78')
    assert text.endswith('}\n') and text.count('\n') == 1


def test_crops_quiet_prints_nothing(run, tmp_path):
    done = run(save(tmp_path / 'a.png', 'a'), '--quiet')
    assert (done.status, done.out, done.err) == (0, [], [])
    assert files(tmp_path / 'results') == ['a.json']


def test_crop_with_empty_text_has_a_result(run, tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((24, 60, 3), dtype=np.uint8))
    assert run('a.png').out == ['a.png (0.00): ']
    record = {'image': 'a.png', 'text': '', 'score': 0.0}
    assert read_json(tmp_path / 'results' / 'a.json') == record


@pytest.mark.parametrize('result_format', ['jsonl', 'csv'])
def test_all_crops_can_be_in_one_file(run, tmp_path, result_format):
    save_all(tmp_path / 'words', 'km')
    run('words', '--format', result_format)
    assert files(tmp_path / 'results') == [f'results.{result_format}']
    text = (tmp_path / 'results' / f'results.{result_format}').read_text()
    if result_format == 'jsonl':
        rows = [json.loads(line) for line in text.splitlines()]
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
    assert [list(row) for row in rows] == [['image', 'text', 'score']] * 2
    assert [(row['image'], row['text']) for row in rows] == [
        ('words/k.png', 'k'), ('words/m.png', 'm'),
    ]  # fmt: skip
    assert [float(row['score']) for row in rows] == pytest.approx([SCORE] * 2, abs=0.01)


def test_results_can_be_in_the_folder_of_crops(run, tmp_path):
    before = save(tmp_path / 'words' / 'k.png', 'k').read_bytes()
    assert run('words', '--out', 'words').status == 0
    assert files(tmp_path / 'words') == ['k.json', 'k.png']
    assert (tmp_path / 'words' / 'k.png').read_bytes() == before


def test_crop_can_come_from_standard_input(run, tmp_path, monkeypatch):
    data = save(tmp_path / 'a.png', 's').read_bytes()
    monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO(data)))
    assert run('-').out == ['- (0.78): s']


# The least score


def test_crops_ignore_min_score_of_the_config(run, tmp_path, config):
    strict = tmp_path / 'strict.py'
    strict.write_text(Path(config).read_text() + 'model["min_score"] = 1.0\n')
    save(tmp_path / 'a.png', 'a')
    assert infer.main(['a.png', '--config', str(strict), '--no-draw', '--quiet']) == 0
    assert read_json(tmp_path / 'results' / 'a.json')['words'] == []
    assert run('a.png', config=str(strict)).out == ['a.png (0.78): a']


@pytest.mark.parametrize(('least', 'text'), [(0.7, 'a'), (0.9, '')])
def test_crop_below_min_score_keeps_its_score(run, tmp_path, least, text):
    save(tmp_path / 'a.png', 'a')
    assert run('a.png', '--min-score', least).out == [f'a.png (0.78): {text}']
    record = read_json(tmp_path / 'results' / 'a.json')
    assert (record['text'], record['score']) == (text, pytest.approx(SCORE, abs=0.01))


# What cannot be


def test_crop_with_a_low_score_is_written_but_not_printed(run, tmp_path, monkeypatch):
    monkeypatch.setattr('pipeline.cli.infer_batches.LEAST_PRINTED', 0.9)
    save(tmp_path / 'a.png', 'a')
    assert run('a.png').out == ['a.png (0.78): [below 0.9]']
    assert read_json(tmp_path / 'results' / 'a.json')['text'] == 'a'
    assert run('a.png', '--min-score', '0.5').out == ['a.png (0.78): a']


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--format', 'icdar'], 'a crop is one word: use json, jsonl or csv'),
        (['--context', 'on'], 'crops have no scene'),
        (['--tower', 'clipter-lite0'], 'crops have no scene'),
        (['--pretrained', 'openai'], 'crops have no scene'),
    ],
)
def test_crops_reject_options_of_photos(run, tmp_path, monkeypatch, options, message):
    monkeypatch.setattr(infer, 'load_spotter', None)
    done = run(save(tmp_path / 'a.png', 'a'), *options)
    assert (done.status, done.out) == (2, [])
    (line,) = done.err
    assert line.startswith('error: ') and message in line
    assert files(tmp_path) == ['a.png']


def test_crops_accept_context_off(run, tmp_path):
    assert run(save(tmp_path / 'a.png', 'a'), '--context', 'off').status == 0


def test_unreadable_crops_are_reported_and_skipped(run, tmp_path):
    save_all(tmp_path, 'abc')
    (tmp_path / 'text.png').write_text('no image\n' * 9)
    done = run('a.png', 'text.png', 'b.png', 'missing.png', 'c.png', '--format', 'csv')
    assert done.status == 1
    assert [line[-1] for line in done.out] == list('abc')
    assert [line.split(': ')[1] for line in errors(done.err)] == ['text.png', 'missing.png']
    assert done.err[-1] == '2 of 5 inputs could not be read'
    assert (tmp_path / 'results' / 'results.csv').read_text().count('\n') == 4


# Many crops


@pytest.mark.parametrize(
    ('options', 'wanted'),
    [([], [16, 4]), (['--batch-size', 100], [20]), (['--batch-size', 7], [7, 7, 6])],
)
def test_crops_are_read_in_batches_in_order(run, tmp_path, monkeypatch, passes, options, wanted):
    letters = 'tsrqponmlkjihgfedcba'
    for i, letter in enumerate(letters):
        save(tmp_path / 'words' / f'w{i}.png', letter)
    monkeypatch.setattr(sys.stderr, 'isatty', lambda: True)  # only there is a bar
    done = run('words', '--format', 'jsonl', '--workers', 2, *options)
    assert done.status == 0 and sorted(passes) == sorted(wanted)
    lines = (tmp_path / 'results' / 'results.jsonl').read_text().splitlines()
    assert ''.join(json.loads(line)['text'] for line in lines) == letters
    assert [line[-1] for line in done.out] == list(letters)
    assert 'crop/s' in done.err[-1] or 's/crop' in done.err[-1]


def test_crops_keep_one_batch_in_memory(run, monkeypatch):
    alive: list[weakref.ref] = []
    most = 0

    def load() -> np.ndarray:
        nonlocal most
        crop = draw_crop('a')
        alive.append(weakref.ref(crop))
        most = max(most, sum(ref() is not None for ref in alive))
        return crop

    items = [InputItem(f'{i}', f'{i}.png', load) for i in range(12)]
    monkeypatch.setattr(pipeline.io, 'iter_inputs', lambda *_, **__: iter(items))
    assert run('words', '--batch-size', 3, '--workers', 1, '--quiet').status == 0
    assert len(alive) == 12
    assert most <= 3


@pytest.mark.parametrize('result_format', ['json', 'jsonl', 'csv'])
def test_crops_resume_continues_after_an_interrupt(run, tmp_path, monkeypatch, result_format):
    save_all(tmp_path / 'words', 'abcd')
    read, count = infer.read_crop_batch, 0

    def interrupted(*args: object) -> list:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return read(*args)

    options = ['--batch-size', 1, '--workers', 1, '--format', result_format]
    monkeypatch.setattr(infer, 'read_crop_batch', interrupted)
    assert run('words', *options).status == 130
    monkeypatch.setattr(infer, 'read_crop_batch', read)
    done = run('words', *options, '--resume')
    assert done.status == 0
    assert done.out[0] == '2 of 4 crops are in results already'
    assert [line[-1] for line in done.out[1:]] == ['c', 'd']
    assert len(run('words', *options, '--resume').out) == 1


def test_crops_resume_ignores_results_of_photos(run, tmp_path, config):
    save(tmp_path / 'a.png', 'a')
    assert infer.main(['a.png', '--config', config, '--no-draw', '--quiet']) == 0
    assert run('a.png', '--resume').out == ['a.png (0.78): a']
    assert read_json(tmp_path / 'results' / 'a.json')['text'] == 'a'


# The embedded default


def test_default_reads_horizontal_and_vertical_crops(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 32)
    for text in ('HELLO', 'STATION'):
        box = font.getbbox(text)
        crop = Image.new('RGB', (int(box[2]) + 10, 44), (235, 235, 225))
        ImageDraw.Draw(crop).text((5, 0), text, (30, 30, 60), font)
        crop.save(f'{text}.png')
    crop.transpose(Image.Transpose.ROTATE_270).save('downwards.png')
    assert infer.main(['--crops', 'HELLO.png', 'STATION.png', 'downwards.png']) == 0
    assert [line.split(': ')[1].lower() for line in capsys.readouterr().out.splitlines()] == [
        'hello', 'station', 'station',
    ]  # fmt: skip
    assert files(tmp_path / 'results') == ['HELLO.json', 'STATION.json', 'downwards.json']
    assert read_json(tmp_path / 'results' / 'HELLO.json')['score'] > 0.5
