from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from mmocr.datasets import OCRDataset
from PIL import Image

from pipeline.datasets.converters.annotation_file import write_annotation_file
from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.mlt import (
    MLT2017,
    parse_mlt_line,
    read_mlt2017,
    read_mlt2019,
)

TRUTH = (
    '\ufeff131,34,181,34,179,47,131,49,Latin,Castle, 1,200\r\n'
    '150,59,194,58,196,72,150,73,Arabic,متحف\r\n'
    '\r\n'
    '1,2,9,2,9,8,1,8,None,###\r\n'
    '1,2,9,2,9,8,1,8,Symbols,"#1"\r\n'
    '5,5,5,5,5,5,5,5,Latin,dot\r\n'
)
TRAIN_GT = 'ch8_training_localization_transcription_gt_v2'
VAL_GT = 'ch8_validation_localization_transcription_gt_v2'


def photo(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new('RGB', (64, 48)).save(path)


def truth(path: Path, text: str = '1,2,9,2,9,8,1,8,Latin,word\n') -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode('utf-8'))


def mlt2017(root: Path, with_val: bool = True) -> Path:
    """One image in each of the eight archives, including JPEG, PNG and GIF."""
    for part in range(1, 9):
        suffix = {2: 'png', 3: 'gif', 4: 'JPG'}.get(part, 'jpg')
        photo(root / f'ch8_training_images_{part}' / f'img_{part}.{suffix}')
        truth(root / TRAIN_GT / f'gt_img_{part}.txt', TRUTH if part == 1 else '')
    if with_val:
        photo(root / 'ch8_validation_images' / 'img_1.jpg')
        truth(root / VAL_GT / 'gt_img_1.txt')
    return root


def test_parse_mlt_line_returns_corners_script_and_text():
    points, script, text = parse_mlt_line('0,0,8,0,8,4,0,4,Latin, a, "b",#', 'gt.txt, line 7')
    assert points == [(0, 0), (8, 0), (8, 4), (0, 4)]
    assert (script, text) == ('Latin', ' a, "b",#')


@pytest.mark.parametrize(
    ('line', 'message'),
    [('0,0,8,0,8,4,0,4,word', 'got 9 fields'), ('0,0,8,0,8,4,0,x,Latin,w', 'numeric')],
)
def test_parse_mlt_line_names_a_malformed_line(line, message):
    with pytest.raises(ValueError, match=rf'^gt\.txt, line 7: .*{message}'):
        parse_mlt_line(line, 'gt.txt, line 7')


def test_mlt2017_reads_eight_folders_as_one_split(tmp_path):
    train, val = read_mlt2017(mlt2017(tmp_path))
    assert [Path(sample['img_path']).name for sample in train.samples] == [
        'img_1.jpg', 'img_2.png', 'img_3.gif', 'img_4.JPG', *(f'img_{n}.jpg' for n in range(5, 9)),
    ]  # fmt: skip
    assert all((s['height'], s['width']) == (48, 64) for s in train.samples)
    assert [word['text'] for word in val.samples[0]['instances']] == ['word']


def test_mlt2017_keeps_scripts_and_ignored_words(tmp_path):
    words = read_mlt2017(mlt2017(tmp_path))[0].samples[0]['instances']
    assert [(w['text'], w['language'], w['ignore']) for w in words] == [
        ('Castle, 1,200', 'Latin', False),
        ('متحف', 'Arabic', False),
        ('###', 'None', True),
        ('"#1"', 'Symbols', False),
        ('dot', 'Latin', True),  # all corners are one point
    ]
    assert words[0]['polygon'] == [131, 34, 181, 34, 179, 47, 131, 49]
    assert words[4]['degenerate']


def test_mlt2017_reads_a_single_split(tmp_path):
    assert [split.name for split in read_mlt2017(mlt2017(tmp_path, with_val=False))] == ['train']


def test_mlt2017_names_a_missing_archive(tmp_path):
    root = mlt2017(tmp_path)
    for part in (3, 7):
        next((root / f'ch8_training_images_{part}').iterdir()).unlink()
        (root / f'ch8_training_images_{part}').rmdir()
    with pytest.raises(MissingFiles) as error:
        read_mlt2017(root)
    assert [Path(item.split(' ')[0]).name for item in error.value.missing] == [
        'ch8_training_images_3[.zip]', 'ch8_training_images_7[.zip]',
    ]  # fmt: skip


def test_mlt2017_lists_missing_images_and_ground_truth(tmp_path):
    root = mlt2017(tmp_path)
    (root / 'ch8_training_images_5' / 'img_5.jpg').unlink()
    (root / TRAIN_GT / 'gt_img_6.txt').unlink()
    (root / VAL_GT / 'gt_img_1.txt').unlink()
    with pytest.raises(MissingFiles) as error:
        MLT2017.read(root)
    for part in ('image of gt_img_5.txt', 'gt_img_6.txt', f'{VAL_GT}/gt_img_1.txt', 'ch=8'):
        assert part in str(error.value)


def test_mlt2017_with_an_empty_root_names_both_splits(tmp_path):
    with pytest.raises(MissingFiles, match=r'training_images_1(.|\n)*validation_images'):
        read_mlt2017(tmp_path)


def test_mlt2017_unpacks_archives_and_names_a_bad_line(tmp_path):
    truth(tmp_path / 'new' / 'gt_img_1.txt', '1,2,9,2,9,8,1,8,Latin,ok\nbroken\n')
    photo(tmp_path / 'new' / 'img_1.jpg')
    for name, member in ((VAL_GT, 'gt_img_1.txt'), ('ch8_validation_images', 'img_1.jpg')):
        with zipfile.ZipFile(tmp_path / f'{name}.zip', 'w') as archive:
            archive.write(tmp_path / 'new' / member, member)
    with pytest.raises(ValueError, match=r'gt_img_1\.txt, line 2: expected 8 coordinates'):
        read_mlt2017(tmp_path)


def test_mlt2019_reads_two_image_folders(tmp_path):
    photo(tmp_path / 'ImagesPart1' / 'tr_img_00001.jpg')
    photo(tmp_path / 'ImagesPart2' / 'ImagesPart2' / 'tr_img_09001.png')
    truth(tmp_path / 'train_gt_t13' / 'tr_img_00001.txt')
    truth(tmp_path / 'train_gt_t13' / 'tr_img_09001.txt', '1,2,9,2,9,8,1,8,Hindi,हिन्दी\n')
    (train,) = read_mlt2019(tmp_path)
    assert train.name == 'train'
    assert [sample['instances'][0]['language'] for sample in train.samples] == ['Latin', 'Hindi']
    with pytest.raises(MissingFiles, match='ImagesPart1'):
        read_mlt2019(tmp_path / 'ImagesPart1')


def test_mlt2017_output_is_read_by_mmocr(tmp_path):
    train, _ = read_mlt2017(mlt2017(tmp_path))
    write_annotation_file(tmp_path / 'all.json', 'textspotting', train.samples)
    dataset = OCRDataset(ann_file='all.json', data_root=str(tmp_path), pipeline=[])
    info = dataset.get_data_info(0)
    assert Path(info['img_path']).is_file()
    assert [word['language'] for word in info['instances']][:2] == ['Latin', 'Arabic']
