from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.uber_text import (
    UBER_TEXT,
    parse_uber_text_line,
    read_uber_text,
)

# Points run either way and start anywhere.
TRUTH = (
    '50 20 50 10 10 10 10 20\tMAIN ST\tstreet_name\n'
    '10 20 50 20 50 10 10 10\t*\tother_text\r\n'
    '10 10 50 10 50 20 10 20\tCAF*\tbusiness_name\n'
    '10 10 30 9 50 10 50 20 10 20\t1,000\tstreet_number\n'
)


def lay_out(root: Path, *folders: str, truth: str = TRUTH) -> Path:
    for folder in folders:
        (root / folder).mkdir(parents=True)
        Image.new('RGB', (80, 40)).save(root / folder / 'img_000123.jpg')
        path = root / folder / 'truth_img_000123.txt'
        path.write_bytes(truth.encode('utf-8-sig'))
    return root


@pytest.mark.parametrize(
    'folders',
    [
        ('train/1Kx1K', 'train/4Kx4K', 'val/1Kx1K', 'test/4Kx4K'),
        ('1Kx1K/train', '4Kx4K/train', '1Kx1K/val', '4Kx4K/test'),
        ('train_1Kx1K', 'train_4Kx4K', 'val_1Kx1K', 'test_4Kx4K'),
    ],
)
def test_uber_text_reads_both_sizes_in_all_layouts(tmp_path, folders):
    splits = read_uber_text(lay_out(tmp_path, *folders))
    assert [(split.name, len(split.samples)) for split in splits] == [
        ('train', 2), ('val', 1), ('test', 1),
    ]  # fmt: skip
    assert splits[0].samples[0]['img_path'] == f'{folders[0]}/img_000123.jpg'


def test_uber_text_orders_outlines_and_ignores_unreadable(tmp_path):
    (split,) = read_uber_text(lay_out(tmp_path, 'val/1Kx1K'))
    words = split.samples[0]['instances']
    assert [(w['text'], w['ignore'], w['category']) for w in words] == [
        ('MAIN ST', False, 'street_name'),
        ('*', True, 'other_text'),
        ('CAF*', True, 'business_name'),
        ('1,000', False, 'street_number'),
    ]
    for word in words[:3]:
        assert word['polygon'] == [10, 10, 50, 10, 50, 20, 10, 20]
    # Of five points three lie along the top: one is added below, so that both sides have three.
    assert words[3]['polygon'] == [10, 10, 30, 9, 50, 10, 50, 20, 30, 20, 10, 20]


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('1 2 3 4 5 6 word type', 'got 1 fields'),
        ('1 2 3 4 5 6\tword', 'got 2 fields'),
        ('1 2 3 x 5 6\tword\ttype', 'numeric points'),
        ('1 2 3 4 5 6 7\tword\ttype', 'odd count of 7'),
    ],
)
def test_parse_uber_text_line_names_a_malformed_line(line, message):
    with pytest.raises(ValueError, match=rf'^truth\.txt, line 4: .*{message}'):
        parse_uber_text_line(line, 'truth.txt, line 4')


def test_parse_uber_text_line_keeps_tabs_in_the_text():
    assert parse_uber_text_line('1 2 3 4 5 6\ta\tb\tkind', '')[1:] == ('a\tb', 'kind')


def test_uber_text_lists_missing_images_and_truths(tmp_path):
    root = lay_out(tmp_path, 'train/1Kx1K', 'val/1Kx1K')
    (root / 'train/1Kx1K/truth_img_000123.txt').unlink()
    (root / 'val/1Kx1K/img_000123.jpg').unlink()
    with pytest.raises(MissingFiles) as error:
        UBER_TEXT.read(root)
    for part in ('truth file of train/1Kx1K/img_000123', 'image of truth_img', 'ubertext'):
        assert part in str(error.value)


def test_uber_text_does_not_read_its_own_crops(tmp_path):
    root = lay_out(tmp_path, 'train/1Kx1K')
    (root / 'textrecog_train').mkdir()
    Image.new('RGB', (8, 8)).save(root / 'textrecog_train' / 'img_000123_0000.jpg')
    (split,) = read_uber_text(root)
    assert len(split.samples) == 1


def test_uber_text_with_an_empty_root_names_all_splits(tmp_path):
    with pytest.raises(MissingFiles, match=r'train/1Kx1K(.|\n)*val/1Kx1K(.|\n)*test/1Kx1K'):
        read_uber_text(tmp_path)
