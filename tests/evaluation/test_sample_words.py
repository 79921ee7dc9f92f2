"""Words of data samples at the precision of submission lines."""

from __future__ import annotations

import multiprocessing
import zipfile
from pathlib import Path

import numpy as np
import pytest
from mmengine.structures import InstanceData

from pipeline.evaluation.sample_words import gt_words, predicted_lines, words_of_lines
from pipeline.evaluation.submission import read_gt
from pipeline.evaluation.submission_zip import write_submission

CURVED = [0.126, 0, 50.5, 0, 100, 0, 100, 20, 50, 20, 0, 20]
SLANTED = [10.4, 10.6, 60, 0, 62, 20, 12, 30]


def predictions(texts: list[str], **fields: list) -> InstanceData:
    return InstanceData(polygons=[np.array(SLANTED)] * len(texts), texts=texts, **fields)


@pytest.mark.parametrize(
    ('line_format', 'polygon', 'line'),
    [
        ('quad', SLANTED, '10,11,60,0,62,20,12,30,a,b'),
        ('ltrb', SLANTED, '10,0,62,30,a,b'),
        (
            'polygon',
            CURVED,
            '0.13,0.00,50.50,0.00,100.00,0.00,100.00,20.00,50.00,20.00,0.00,20.00,####a,b',
        ),
    ],
)
def test_predicted_lines_follow_the_format(line_format, polygon, line) -> None:
    instances = InstanceData(polygons=[polygon], texts=['a,b'])
    assert predicted_lines(instances, line_format) == [line]
    (text,) = words_of_lines([line], line_format).texts
    assert text == 'a,b'


@pytest.mark.parametrize('line_format', ['quad', 'ltrb', 'polygon'])
@pytest.mark.parametrize('text', ['"quoted"', 'back\\slash', '##', ' blank ', '1,2,3', 'é', ''])
def test_words_of_lines_restores_every_text(line_format, text) -> None:
    lines = predicted_lines(predictions([text], scores=[0.5]), line_format, confidences=True)
    words = words_of_lines(lines, line_format, confidences=True)
    # Total-Text's reference script trims texts.
    assert list(words.texts) == [text.strip() if line_format == 'polygon' else text]
    assert list(words.confidences) == [0.5]


def test_predicted_lines_multiply_both_scores() -> None:
    instances = predictions(['a'], scores=[0.5], text_scores=[0.5])
    assert predicted_lines(instances, 'quad', confidences=True)[0].endswith(',0.2500,a')


def test_predicted_lines_min_score_drops_words() -> None:
    lines = predicted_lines(predictions(['a', 'b'], scores=[0.2, 0.8]), 'quad', min_score=0.5)
    assert [line[-1] for line in lines] == ['b']


def test_gt_words_keep_ignored_flags() -> None:
    instances = InstanceData(polygons=[SLANTED] * 2, texts=['a', 'b'], ignored=[False, True])
    assert gt_words(instances, 'quad').dont_care().tolist() == [False, True]


def test_gt_words_equal_those_of_the_file(tmp_path: Path) -> None:
    texts = ['"###"', '"a, ""b"" \\"c\\""', ' x,y ', '"', '""', 'plain', '"SCAN"']
    lines = [f'10,10,90,10,90,34,10,34,{text}' for text in texts]
    (tmp_path / 'gt_img_1.txt').write_text('\n'.join(lines), encoding='utf-8-sig')
    from_file = read_gt(tmp_path)['1']

    from_sample = gt_words(InstanceData(polygons=[SLANTED] * len(texts), texts=texts), 'quad')

    assert list(from_sample.texts) == list(from_file.texts)
    assert from_sample.dont_care().tolist() == from_file.dont_care().tolist()


def test_predicted_lines_rejects_an_unknown_format() -> None:
    with pytest.raises(ValueError, match="got 'coco'"):
        predicted_lines(predictions(['a']), 'coco')


def test_write_submission_is_reproducible(tmp_path: Path) -> None:
    for name in ('a.zip', 'b.zip'):
        write_submission(tmp_path / name, [('7', ['1,2,3']), ('00_01', [])])
    assert (tmp_path / 'a.zip').read_bytes() == (tmp_path / 'b.zip').read_bytes()
    with zipfile.ZipFile(tmp_path / 'a.zip') as archive:
        assert archive.namelist() == ['res_img_7.txt', 'res_00_01.txt']


def test_write_submission_rejects_repeated_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got '7' more than once"):
        write_submission(tmp_path / 'a.zip', [('7', []), ('7', [])])
    assert not list(tmp_path.iterdir())


def _write_often(path: Path, name: str) -> None:
    for _ in range(100):
        write_submission(path, [(name, ['1,2,3'] * 20), ('00_01', [])])


def test_write_submission_lets_processes_write_the_same_zip(tmp_path: Path) -> None:
    path = tmp_path / 'a.zip'
    context = multiprocessing.get_context('fork')
    processes = [context.Process(target=_write_often, args=(path, name)) for name in '123']
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 2
    assert list(tmp_path.iterdir()) == [path]


def test_write_submission_without_a_name_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='img_path in every data sample'):
        write_submission(tmp_path / 'a.zip', [('7', []), ('', [])])
    assert not list(tmp_path.iterdir())
