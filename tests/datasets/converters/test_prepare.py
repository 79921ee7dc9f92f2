"""prepare_dataset: output files for training and scoring."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope
from mmocr.datasets import OCRDataset
from published_sets import icdar, write_photos, write_texts

from pipeline.datasets.converters.catalog import DATASETS
from pipeline.datasets.converters.entry import TASKS
from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.prepare import prepare_dataset
from pipeline.evaluation.file_evaluation import LexiconChoice, evaluate_files

README = Path(__file__).parents[3] / 'data' / 'README.md'
SVT_XML = """<tagset><image><imageName>img/14_03.jpg</imageName><lex>INN,ROOM,HOTEL</lex>
<taggedRectangles>
<taggedRectangle height="12" width="40" x="3" y="25"><tag>ROOM</tag></taggedRectangle>
</taggedRectangles></image></tagset>"""


def icdar2015(root: Path) -> Path:
    write_photos(root / 'ch4_training_images', 'img_1.jpg')
    write_texts(
        root / 'ch4_training_localization_transcription_gt',
        gt_img_1='1,2,31,2,31,12,1,12,Café\n5,20,9,20,9,30,5,30,###\n',
    )
    write_photos(root / 'ch4_test_images', 'img_1.jpg')
    write_texts(root / 'Challenge4_Test_Task1_GT', gt_img_1='1,2,31,2,31,12,1,12,test')
    return root


def load(path: Path) -> OCRDataset:
    """Load with MMOCR; ``data_root`` is the folder of the file."""
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadOCRAnnotations', with_text=True)]
    if 'textdet' in path.name:
        pipeline[1] = dict(type='LoadOCRAnnotations', with_polygon=True, with_bbox=True)
    with DefaultScope.overwrite_default_scope('mmocr'):
        return OCRDataset(ann_file=path.name, data_root=str(path.parent), pipeline=pipeline)


def test_prepare_writes_all_tasks_and_splits_for_mmocr(tmp_path):
    root = icdar2015(tmp_path)
    train, test = prepare_dataset(DATASETS['icdar2015'], root)
    names = [path.relative_to(root).as_posix() for path in train.paths]
    assert names == [
        'textdet_train.json', 'textrecog_train', 'textrecog_train.json', 'textspotting_train.json',
    ]  # fmt: skip
    assert (train.found.photos, train.found.words, train.ignored) == (1, 1, 1)
    assert (train.published.photos, test.published.words) == (1000, 2077)
    for task in TASKS:
        for split in ('train', 'test'):
            assert load(root / f'{task}_{split}.json')[0]['img'].size > 0
    crop = load(root / 'textrecog_train.json')[0]
    assert crop['img'].shape == (10, 30, 3)
    assert crop['gt_texts'] == ['Café']


def test_prepare_writes_paths_relative_to_the_output(tmp_path):
    root, out = icdar2015(tmp_path / 'set'), tmp_path / 'some' / 'where'
    link = tmp_path / 'link'
    out.mkdir(parents=True)
    link.symlink_to(out, target_is_directory=True)
    list(prepare_dataset(DATASETS['icdar2015'], root, link))
    for name in ('textdet_test.json', 'textrecog_test.json', 'textspotting_test.json'):
        assert load(out / name)[0]['img'].size > 0
    assert not list(root.glob('*.json'))


def test_prepare_selects_splits_and_tasks(tmp_path):
    root = icdar2015(tmp_path)
    (test,) = prepare_dataset(DATASETS['icdar2015'], root, splits=['test'], tasks=['textdet'])
    assert [path.name for path in test.paths] == ['textdet_test.json']
    with pytest.raises(ValueError, match='expected splits val, got only train, test'):
        list(prepare_dataset(DATASETS['icdar2015'], root, splits=['val']))


def test_prepare_without_split_names_has_no_suffix(tmp_path):
    (split,) = prepare_dataset(DATASETS['icdar2015'], icdar(tmp_path, img_1='1,2,9,2,9,8,1,8,a'))
    assert [path.name for path in split.paths] == [
        'textdet.json', 'textrecog', 'textrecog.json', 'textspotting.json',
    ]  # fmt: skip


def test_prepare_without_texts_writes_only_detection(tmp_path):
    write_photos(tmp_path / 'train' / 'text_image', '0001.jpg')
    line = '2,5,50,15,' + ','.join(['0,0,8,0,16,0,24,0,32,0,40,0,48,0'] + ['48,10'] * 7)
    write_texts(tmp_path / 'train' / 'text_label_curve', **{'0001': line})
    (split,) = prepare_dataset(DATASETS['ctw1500'], tmp_path)
    assert [path.name for path in split.paths] == ['textdet_train.json']
    (word,) = json.loads(split.paths[0].read_text())['data_list'][0]['instances']
    assert 'text' not in word


def test_prepare_textless_writes_only_detection(tmp_path):
    write_photos(tmp_path / 'images', 'a.png', 'b.png')
    (split,) = prepare_dataset(DATASETS['textless'], tmp_path)
    assert [path.name for path in split.paths] == ['textdet.json']
    photos = json.loads(split.paths[0].read_text())['data_list']
    assert [photo['img_path'] for photo in photos] == ['images/a.png', 'images/b.png']
    assert all(photo['instances'] == [] and photo['height'] > 0 for photo in photos)


def test_prepare_word_crops_writes_only_recognition(tmp_path):
    write_photos(tmp_path / 'images', 'a.png', 'b.png')
    (tmp_path / 'gt').mkdir()
    (tmp_path / 'gt' / 'labels.tsv').write_text('a.png\tword\nb.png\t\n')
    (split,) = prepare_dataset(DATASETS['word-crops'], tmp_path, tmp_path / 'out')
    assert [path.name for path in split.paths] == ['textrecog.json']
    dataset = load(split.paths[0])
    assert [dataset[i]['gt_texts'] for i in range(len(dataset))] == [['word']]  # none is empty


def test_prepare_writes_lmdb_crops_once(tmp_path):
    lmdb = pytest.importorskip('lmdb')
    photo = write_photos(tmp_path, 'a.png') / 'a.png'
    folder = tmp_path / 'set' / 'test' / 'SVT'
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=1 << 20) as database, database.begin(write=True) as writer:
        for key, value in {
            b'num-samples': b'1', b'label-000000001': b'INN', b'image-000000001': photo.read_bytes()
        }.items():  # fmt: skip
            writer.put(key, value)
    times = set()
    for _ in range(2):
        (split,) = prepare_dataset(
            DATASETS['word-lmdb'], tmp_path / 'set', tmp_path / 'out', splits=['test']
        )
        assert split.name == 'test_SVT'
        assert load(split.paths[-1])[0]['gt_texts'] == ['INN']
        crop = tmp_path / 'out' / 'textrecog_test_SVT' / '000000001.png'
        assert crop.read_bytes() == photo.read_bytes()
        times.add(crop.stat().st_mtime_ns)
    assert len(times) == 1


def test_prepare_svt_writes_a_lexicon_of_all_words(tmp_path):
    write_photos(tmp_path / 'svt1' / 'img', '14_03.jpg')
    (tmp_path / 'svt1' / 'test.xml').write_text(SVT_XML)
    (split,) = prepare_dataset(DATASETS['svt'], tmp_path, tmp_path / 'out')
    path = tmp_path / 'out' / 'lexicons' / 'weak_test.txt'
    assert path in split.paths
    gold = json.loads((tmp_path / 'out' / 'textspotting_test.json').read_text())
    texts = [word['text'] for sample in gold['data_list'] for word in sample['instances']]
    assert path.read_text().split() == sorted({text.upper() for text in texts})


def test_prepare_svt_writes_lexicons_for_scoring(tmp_path):
    write_photos(tmp_path / 'svt1' / 'img', '14_03.jpg')
    (tmp_path / 'svt1' / 'test.xml').write_text(SVT_XML)
    (split,) = prepare_dataset(DATASETS['svt'], tmp_path, tmp_path / 'out')
    assert [path.relative_to(tmp_path / 'out').as_posix() for path in split.paths[-2:]] == [
        'lexicons/strong', 'gt_test',
    ]  # fmt: skip
    predictions = write_texts(tmp_path / 'pred', **{'res_14_03': '3,25,43,25,43,37,3,37,RO0M\n'})
    score = evaluate_files(
        tmp_path / 'out' / 'gt_test',
        predictions,
        'icdar2015',
        lexicon=LexiconChoice(str(tmp_path / 'out' / 'lexicons' / 'strong'), 'strong'),
    )
    assert (score['hmean'], score['gt_care']) == (1.0, 1)


@pytest.mark.parametrize('name', list(DATASETS))
def test_empty_folder_names_expected_layout_and_url(name, tmp_path):
    entry = DATASETS[name]
    with pytest.raises(MissingFiles) as error:
        entry.read(tmp_path)
    assert error.value.missing
    for line in entry.layout.strip('\n').splitlines():
        assert line in str(error.value)
    assert str(error.value).endswith(entry.url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('name', list(DATASETS))
def test_data_readme_matches_the_catalog(name):
    entry = DATASETS[name]
    text = README.read_text(encoding='utf-8')
    assert entry.layout.strip('\n') in text
    assert f'python tools/prepare_dataset.py {name} --root' in text
    counts, row = [line for line in text.splitlines() if line.startswith(f'| `{name}` | ')]
    assert entry.licence in row and entry.size in row
    for part in re.findall(r'https?://[^\s,)]+', entry.url):
        assert part in row
    for split in entry.published.values():
        if split.photos is not None:
            assert (
                f'{split.photos:,} / {"-" if split.words is None else f"{split.words:,}"}' in counts
            )


def test_catalog_entries_are_complete():
    assert list(DATASETS) == [entry.name for entry in DATASETS.values()]
    wanted = (
        'icdar2013 icdar2015 totaltext ctw1500 svt coco-text textocr mlt2017 mlt2019 art lsvt '
        'uber-text word-lmdb word-crops textless own'
    )
    assert set(DATASETS) == set(wanted.split())
    for entry in DATASETS.values():
        assert entry.title and entry.licence and entry.size and entry.language and entry.layout
        assert set(entry.wanted) <= set(entry.published) | {'train', 'val', 'test'}
