"""Word crops: folders with a list, and LMDBs."""

from __future__ import annotations

import builtins
import io
from pathlib import Path

import pytest
from PIL import Image

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.word_crops import read_word_crops
from pipeline.datasets.converters.word_lmdb import read_word_lmdb


def crops(root: Path, labels: str, *names: str) -> Path:
    for folder in ('images', 'gt'):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new('RGB', (30, 10)).save(root / 'images' / name)
    (root / 'gt' / 'labels.tsv').write_text(labels, encoding='utf-8')
    return root


def encoded(suffix: str = 'png') -> bytes:
    buffer = io.BytesIO()
    Image.new('RGB', (30, 10)).save(buffer, suffix)
    return buffer.getvalue()


def write_lmdb(folder: Path, values: dict[str, bytes]) -> Path:
    lmdb = pytest.importorskip('lmdb')
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=1 << 20) as database, database.begin(write=True) as writer:
        for key, value in values.items():
            writer.put(key.encode(), value)
    return folder


def words(*texts: str) -> dict[str, bytes]:
    values = {'num-samples': str(len(texts)).encode()}
    for number, text in enumerate(texts, start=1):
        values[f'label-{number:09d}'] = text.encode('utf-8')
        values[f'image-{number:09d}'] = encoded('png' if number % 2 else 'jpeg')
    return values


def test_word_crops_have_their_texts(tmp_path):
    root = crops(tmp_path, '\ufeffa.png\tOne\nb.png\ttwo\tthree\n\n', 'a.png', 'b.png')
    (split,) = read_word_crops(root)
    assert split.samples == [
        {'img_path': 'images/a.png', 'instances': [{'text': 'One'}]},
        {'img_path': 'images/b.png', 'instances': [{'text': 'two\tthree'}]},
    ]


def test_word_crops_names_missing_files_and_tabs(tmp_path):
    with pytest.raises(MissingFiles, match=r'labels\.tsv'):
        read_word_crops(tmp_path)
    with pytest.raises(MissingFiles, match=r'labels\.tsv, line 1') as error:
        read_word_crops(crops(tmp_path, 'gone.png\tword\nlost.png\tword\n'))
    assert len(error.value.missing) == 2
    with pytest.raises(ValueError, match='line 2: expected file<TAB>transcript'):
        read_word_crops(crops(tmp_path, 'a.png\tok\nb.png word\n', 'a.png'))


def test_word_lmdb_reads_each_lmdb_as_a_split(tmp_path):
    write_lmdb(tmp_path / 'train' / 'real' / 'ArT' / 'val', words('Café', '日本'))
    write_lmdb(tmp_path / 'test' / 'IIIT5k', words('a,b'))
    test, train = read_word_lmdb(tmp_path)
    assert (test.name, train.name) == ('test_IIIT5k', 'train_real_ArT_val')
    assert list(train.samples) == [
        {
            'img_path': 'textrecog_train_real_ArT_val/000000001.png',
            'instances': [{'text': 'Café'}],
        },
        {
            'img_path': 'textrecog_train_real_ArT_val/000000002.jpg',
            'instances': [{'text': '日本'}],
        },
    ]
    assert train.counts().photos == 2
    assert train.read_crop is not None
    assert train.read_crop(train.samples[0]['img_path']) == encoded('png')


def test_word_lmdb_in_the_root_has_no_name(tmp_path):
    write_lmdb(tmp_path / 'set', words('one'))
    (split,) = read_word_lmdb(tmp_path / 'set')
    assert split.name == ''
    assert split.samples[0]['img_path'] == 'textrecog/000000001.png'


def test_word_lmdb_names_missing_and_broken_databases(tmp_path):
    with pytest.raises(MissingFiles, match=r'data\.mdb'):
        read_word_lmdb(tmp_path)
    without = words('one', 'two')
    del without['image-000000002']
    write_lmdb(tmp_path / 'a', without)
    (split,) = read_word_lmdb(tmp_path / 'a')
    with pytest.raises(ValueError, match='a: the database has no key image-000000002'):
        list(split.samples)
    write_lmdb(tmp_path / 'b', {'key': b''})
    with pytest.raises(ValueError, match='b: the database has no key num-samples'):
        read_word_lmdb(tmp_path / 'b')


def test_word_lmdb_names_the_missing_package(tmp_path, monkeypatch):
    (tmp_path / 'data.mdb').write_bytes(b'')
    whole = builtins.__import__

    def without_lmdb(name, *args, **kwargs):
        if name == 'lmdb':
            raise ImportError(name)
        return whole(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', without_lmdb)
    with pytest.raises(ImportError, match='pip install lmdb'):
        read_word_lmdb(tmp_path)
