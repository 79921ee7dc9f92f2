from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from tool_modules import load_tool

prepare_dataset = load_tool('prepare_dataset')


@pytest.fixture
def icdar(tmp_path: Path) -> Path:
    for folder in ('images', 'gt'):
        (tmp_path / folder).mkdir()
    Image.new('RGB', (64, 48)).save(tmp_path / 'images' / 'img_1.jpg')
    (tmp_path / 'gt' / 'gt_img_1.txt').write_text('1,2,30,2,30,12,1,12,Word\n')
    return tmp_path


def test_a_published_set_becomes_an_annotation_beside_it(icdar, capsys):
    assert prepare_dataset.main(['icdar2015', '--root', str(icdar)]) == 0
    assert capsys.readouterr().out == f'icdar2015: 1 samples -> {icdar / "annotation.json"}\n'
    annotation = json.loads((icdar / 'annotation.json').read_text())
    assert annotation['metainfo']['task_name'] == 'textspotting'
    assert annotation['data_list'][0]['instances'][0]['text'] == 'Word'


def test_the_annotation_can_go_elsewhere(icdar, tmp_path):
    out = tmp_path / 'some' / 'where.json'
    assert prepare_dataset.main(['icdar2015', '--root', str(icdar), '--out', str(out)]) == 0
    assert out.is_file()


@pytest.mark.parametrize('name', ['icdar2015', 'word-crops'])
def test_a_folder_without_the_set_ends_in_one_line(name, tmp_path, capsys):
    assert prepare_dataset.main([name, '--root', str(tmp_path)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / 'annotation.json').exists()


def test_a_photo_that_is_none_ends_in_one_line_that_names_it(icdar, capsys):
    (icdar / 'images' / 'img_1.jpg').write_text('no photo')
    assert prepare_dataset.main(['icdar2015', '--root', str(icdar)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert 'img_1.jpg' in line
