from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from published_sets import pack, ring_of, words_of, write_photos, write_texts
from scipy.io import savemat

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.totaltext import read_totaltext

TOP = ([10, 20, 30], [8, 6, 8])
BOTTOM = ([30, 20, 10], [18, 16, 18])
RING = [10, 8, 20, 6, 30, 8, 30, 18, 20, 16, 10, 18]
TEXT = (
    "x: [[10 20 30 30\n 20 10]], y: [[ 8  6  8 18 16 18]], ornt: [u'c'], "
    'transcriptions: [u"PETROSAINS\'"]\n'
    "x: [[1 9 9 1]], y: [[30 30 39 39]], ornt: [u'#'], transcriptions: [u'#']\n"
    "x: [[11 19 19 11]], y: [[30 30 39 39]], ornt: [u'h'], transcriptions: [u'A, \"b\" ###']\n"
    "x: [[21 29 29 21]], y: [[30 30 39 39]], ornt: [u'm'], transcriptions: [u'#']\n"
    "x: [[31 39 39 31]], y: [[30 30 39 39]], ornt: [u'm'], transcriptions: []\n"
    "x: [[ -1 49 49 -1]], y: [[40 40 47 47]], ornt: [u'm'], transcriptions: [u',']\n"
)


def write_mat(path: Path, *words: tuple[list[int], list[int], str, str], name: str) -> None:
    """A cell array with the columns x:, x, y:, y, text, orientation."""
    rows = np.empty((len(words), 6), dtype=object)
    for row, (x, y, text, orientation) in zip(rows, words, strict=True):
        row[:] = ['x:', np.array([x]), 'y:', np.array([y]), text, orientation]
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {name: rows})


def test_totaltext_reads_text_files(tmp_path):
    write_photos(tmp_path / 'Images' / 'Train', 'img11.jpg', 'img2.JPG')
    write_texts(tmp_path / 'txt_format' / 'Train', poly_gt_img11=TEXT, poly_gt_img2='')
    (split,) = read_totaltext(tmp_path)
    assert split.name == 'train'
    assert [sample['img_path'] for sample in split.samples] == [
        'Images/Train/img2.JPG', 'Images/Train/img11.jpg',
    ]  # fmt: skip
    assert words_of(split.samples[1]) == [
        ("PETROSAINS'", False), ('###', True), ('A, "b" ###', False), ('###', True), ('', True),
        (',', False),
    ]  # fmt: skip
    assert ring_of(split.samples[1]) == RING


@pytest.mark.parametrize('name', ['polygt', 'gt'])
def test_totaltext_reads_mat_files_with_mixed_orientations(name, tmp_path):
    write_photos(tmp_path / 'Images' / 'Test', 'img1.jpg')
    write_mat(
        tmp_path / 'Groundtruth' / 'Polygon' / 'Test' / 'poly_gt_img1.mat',
        (TOP[0] + BOTTOM[0], TOP[1] + BOTTOM[1], "LET'S", 'c'),
        ([1, 9, 9, 1], [30, 30, 39, 39], 'flat', 'h'),
        ([1, 1, 9, 9], [30, 39, 39, 30], 'anticlockwise', 'm'),
        ([1, 9, 9, 1], [40, 40, 47, 47], '#', '#'),
        name=name,
    )
    (split,) = read_totaltext(tmp_path)
    (sample,) = split.samples
    assert words_of(sample) == [
        ("LET'S", False), ('flat', False), ('anticlockwise', False), ('###', True),
    ]  # fmt: skip
    assert ring_of(sample) == RING
    assert ring_of(sample, 2) == ring_of(sample, 1) == [1, 30, 9, 30, 9, 39, 1, 39]


def test_totaltext_reads_the_published_zips(tmp_path):
    source, root = tmp_path / 'source', tmp_path / 'root'
    for split in ('Train', 'Test'):
        write_photos(source / 'photos' / 'Images' / split, 'img1.jpg')
        write_texts(source / 'words' / split, poly_gt_img1=TEXT)
    pack(source / 'photos', root / 'totaltext.zip')
    pack(source / 'words', root / 'txt_format.zip')
    splits = read_totaltext(root)
    assert [(split.name, split.counts().words) for split in splits] == [('train', 3), ('test', 3)]


def test_totaltext_names_missing_and_broken_files(tmp_path):
    with pytest.raises(MissingFiles, match='Train and '):
        read_totaltext(tmp_path)
    write_photos(tmp_path / 'Images' / 'Train', 'img1.jpg', 'img2.jpg')
    write_texts(tmp_path / 'txt_format' / 'Train', poly_gt_img1='x: [[1 2 3]], y: [[1 2]]')
    with pytest.raises(MissingFiles, match='poly_gt_img2'):
        read_totaltext(tmp_path)
    write_texts(tmp_path / 'txt_format' / 'Train', poly_gt_img2='')
    with pytest.raises(ValueError, match=r'poly_gt_img1\.txt, word 1: wanted x:'):
        read_totaltext(tmp_path)
