from __future__ import annotations

import io
import sys
from types import SimpleNamespace

from input_photos import error_of, make_pdf, names, save_photo

from pipeline.io import iter_inputs


def test_iter_inputs_keeps_the_order_of_files(tmp_path):
    paths = [save_photo(tmp_path / name) for name in ('b.png', 'a.jpg')]
    items = list(iter_inputs(paths))
    assert names(items) == ['b', 'a']
    assert [item.source for item in items] == [str(path) for path in paths]
    assert items[0].load()[0, 0].tolist() == [30, 20, 10]


def test_iter_inputs_is_lazy(tmp_path):
    path = save_photo(tmp_path / 'later.png', color=(1, 1, 1))
    (item,) = iter_inputs([path])
    save_photo(path, color=(9, 9, 9))
    assert item.load()[0, 0].tolist() == [9, 9, 9]


def test_iter_inputs_lists_images_of_folders_in_natural_order(tmp_path):
    for name in ('img_10.png', 'img_2.png', 'sub/img_1.JPG', '.hidden/x.png', '._img_2.png'):
        save_photo(tmp_path / name, format='PNG')
    (tmp_path / 'notes.txt').write_text('no photo')
    assert names(iter_inputs([tmp_path])) == ['img_2', 'img_10', 'img_1']
    assert names(iter_inputs([tmp_path], recursive=False)) == ['img_2', 'img_10']
    assert names(iter_inputs([tmp_path], exclude=[tmp_path / 'sub'])) == ['img_2', 'img_10']


def test_iter_inputs_globs_match_files_and_folders(tmp_path):
    for name in ('a1.png', 'a2.png', 'b.png', 'deep/er/c.png'):
        save_photo(tmp_path / name)
    assert names(iter_inputs([f'{tmp_path}/a*.png'])) == ['a1', 'a2']
    assert names(iter_inputs([f'{tmp_path}/**/*.png'])) == ['a1', 'a2', 'b', 'c']
    assert names(iter_inputs([f'{tmp_path}/d*'])) == ['c']


def test_iter_inputs_accepts_file_names_with_brackets(tmp_path):
    path = save_photo(tmp_path / 'photo [1].png')
    (item,) = iter_inputs([path])
    assert item.load().shape == (6, 8, 3)


def test_iter_inputs_names_are_unique_and_deterministic(tmp_path):
    paths = [save_photo(tmp_path / name) for name in ('a.png', 'x/a.jpg', 'y/A.bmp', 'a-2.png')]
    assert names(iter_inputs(paths)) == ['a', 'a-2', 'A-3', 'a-2-2']
    assert names(iter_inputs(paths)) == ['a', 'a-2', 'A-3', 'a-2-2']


def test_iter_inputs_bad_inputs_raise_on_load_only(tmp_path):
    (tmp_path / 'nothing').mkdir()
    (tmp_path / 'empty.jpg').touch()
    good = save_photo(tmp_path / 'good.png')
    given = [
        tmp_path / 'missing.jpg',
        tmp_path / 'nothing',
        f'{tmp_path}/*.webp',
        tmp_path / 'empty.jpg',
        'http://[broken/a.jpg',
        good,
    ]
    items = list(iter_inputs(given))
    assert len(set(names(items))) == 6
    messages = [error_of(item) for item in items[:5]]
    for message, reason in zip(
        messages,
        ['no such file', 'no images in this folder', 'nothing matches', 'empty', 'IPv6'],
        strict=True,
    ):
        assert reason in message
    assert items[5].load().shape == (6, 8, 3)


def test_safe_name_removes_forbidden_characters(tmp_path):
    photo = save_photo(tmp_path / ('ä' * 100 + '.png'))
    (item,) = iter_inputs([photo])
    assert 0 < len(item.name.encode('utf-8')) <= 180
    (item,) = iter_inputs(['http://localhost:1/..%2F..%2Fetc%2Fpass:wd.png'])
    assert item.name == 'pass_wd'


def test_iter_inputs_reads_standard_input(tmp_path, monkeypatch):
    for path, wanted in [
        (save_photo(tmp_path / 'a.png'), ['stdin']),
        (make_pdf(tmp_path / 'doc.pdf'), ['stdin-p001', 'stdin-p002']),
    ]:
        monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
        items = list(iter_inputs(['-']))
        assert names(items) == wanted
        assert items[0].load().ndim == 3
