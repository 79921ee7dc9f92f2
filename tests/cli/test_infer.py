"""``clipter infer`` as a user runs it, with a spotter whose readings are known."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest
from infer_results import files, read_json, save, texts
from toy_spotter import BOX, draw_photo, write_config

import pipeline.io
from pipeline.cli import infer
from pipeline.evaluation.file_evaluation import evaluate_files
from pipeline.io import InputItem

REPOSITORY = Path(__file__).parents[2]


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


def test_infer_warns_before_results_of_other_images_are_replaced(run, tmp_path):
    for folder in ('first', 'second'):
        (tmp_path / folder).mkdir()
        save(tmp_path / folder / 'a.png', 'k')
    assert run('first/a.png').err == []
    assert run('first/a.png').err == []  # the same image
    (warning,) = run('second/a.png').err
    assert warning.startswith('warning: results of other images in results are replaced')
    assert 'first/a.png' in warning


def test_infer_min_score_drops_words(run, tmp_path):
    photo = save(tmp_path / 'a.png', 'b')
    run(photo)
    (word,) = read_json(tmp_path / 'results' / 'a.json')['words']
    run(photo, '--min-score', word['score'] + 0.01)
    assert texts(tmp_path / 'results' / 'a.json') == []


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
    done = run('photos')
    assert (done.err, done.results) == (['3 images found'], ['results'])
    done = run('photos/[ab].png', '--out', 'two')
    assert (done.err, done.results) == (['2 images found'], ['two'])
    done = run('photos', '--quiet', '--out', 'three')
    assert (done.err, done.results) == ([], [])


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
