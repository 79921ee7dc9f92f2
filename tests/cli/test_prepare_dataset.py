"""``clipter prepare-dataset`` on small data sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from pipeline.cli import prepare_dataset
from pipeline.datasets.converters.catalog import DATASETS


@pytest.fixture
def icdar(tmp_path: Path) -> Path:
    for folder in ('ch4_test_images', 'Challenge4_Test_Task1_GT'):
        (tmp_path / folder).mkdir()
    Image.new('RGB', (64, 48)).save(tmp_path / 'ch4_test_images' / 'img_1.jpg')
    (tmp_path / 'Challenge4_Test_Task1_GT' / 'gt_img_1.txt').write_text(
        '1,2,30,2,30,12,1,12,Word\n1,22,30,22,30,32,1,32,###\n'
    )
    return tmp_path


def test_prepare_dataset_prints_counts_and_warnings(icdar, capsys):
    assert prepare_dataset.main(['icdar2015', '--root', str(icdar)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        'icdar2015 test: 1 images of 500, 1 words of 2,077, and 1 ignored',
        f'  {icdar / "textdet_test.json"}',
        f'  {icdar / "textrecog_test"}',
        f'  {icdar / "textrecog_test.json"}',
        f'  {icdar / "textspotting_test.json"}',
    ]
    photos, words, absent = err.splitlines()
    assert photos == 'warning: icdar2015 test has 1 images, its owners publish 500'
    assert words == 'warning: icdar2015 test has 1 words, its owners publish 2,077'
    assert absent.startswith('icdar2015 train: not there, wanted ch4_training_images and ')
    assert 'rrc.cvc.uab.es' in absent
    annotation = json.loads((icdar / 'textspotting_test.json').read_text())
    assert annotation['metainfo']['task_name'] == 'textspotting'
    assert annotation['data_list'][0]['instances'][0]['text'] == 'Word'


def test_prepare_dataset_prints_words_that_training_leaves_out(tmp_path, capsys):
    texts = ['MÜNCHEN', 'Café', 'HOTEL ', 'a' * 26, '', 'word']
    for folder in ('images', 'gt'):
        (tmp_path / folder).mkdir()
    for i in range(len(texts)):
        Image.new('RGB', (64, 48)).save(tmp_path / 'images' / f'{i}.png')
    (tmp_path / 'gt' / 'labels.tsv').write_text(
        ''.join(f'{i}.png\t{text}\n' for i, text in enumerate(texts)), encoding='utf-8'
    )
    assert prepare_dataset.main(['word-crops', '--root', str(tmp_path)]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith('  words that training leaves out unless its config allows them: 3 with')
    assert "such as 'MÜNCHEN', 'Café', 'HOTEL '" in line
    assert f"1 longer than 25 characters, such as '{'a' * 26}'" in line
    assert '1 without text' in line


def test_prepare_dataset_out_and_tasks(icdar, tmp_path, capsys):
    out = tmp_path / 'some' / 'where'
    command = ['icdar2015', '--root', str(icdar), '--out', str(out)]
    assert prepare_dataset.main([*command, '--splits', 'test', '--tasks', 'textspotting']) == 0
    assert [path.name for path in out.iterdir()] == ['textspotting_test.json']
    assert 'not there' not in capsys.readouterr().err  # nobody asked for training images


@pytest.mark.parametrize('name', ['icdar2015', 'totaltext', 'svt', 'word-crops'])
def test_prepare_dataset_names_missing_files_and_address(name, tmp_path, capsys):
    assert prepare_dataset.main([name, '--root', str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ''
    assert err.startswith(f'error: {name}: missing: {tmp_path}')
    assert DATASETS[name].url in err
    assert list(tmp_path.iterdir()) == []


def test_prepare_dataset_names_an_unreadable_photo(icdar, capsys):
    (icdar / 'ch4_test_images' / 'img_1.jpg').write_text('no image')
    assert prepare_dataset.main(['icdar2015', '--root', str(icdar)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert 'img_1.jpg' in line
    assert not list(icdar.glob('*.json'))


def test_prepare_dataset_list_prints_every_data_set(capsys):
    assert prepare_dataset.main(['--list']) == 0
    out = capsys.readouterr().out
    for entry in DATASETS.values():
        assert entry.name in out and entry.url in out and entry.licence in out


def test_prepare_dataset_layout_prints_the_files(capsys):
    assert prepare_dataset.main(['svt', '--layout']) == 0
    assert 'svt1/train.xml' in capsys.readouterr().out


@pytest.mark.parametrize(
    'arguments',
    [[], ['icdar2015'], ['icdar', '--root', '.'], ['svt', '--root', '.', '--tasks', 'x']],
)
def test_prepare_dataset_rejects_invalid_arguments(arguments, capsys):
    with pytest.raises(SystemExit, match='2'):
        prepare_dataset.main(arguments)
    assert 'clipter prepare-dataset --help' in capsys.readouterr().err
