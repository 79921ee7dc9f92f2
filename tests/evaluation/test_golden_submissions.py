"""Accepted and rejected submissions, and the error messages."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from golden_cases import GOLDEN, read_case

from pipeline.evaluation.file_evaluation import evaluate_files
from pipeline.evaluation.submission import SubmissionError

CASE = GOLDEN / 'submission_format_errors'
RUNS = {run['run']: run for run in read_case(CASE)['runs']}
# The Python 3 port of the reference script fails on a byte order mark by a slip; the original
# drops it, and so do we.
ACCEPTED = [name for name, run in RUNS.items() if run['calculated'] and 'pred_inline' in run]
REJECTED = [
    name
    for name, run in RUNS.items()
    if not run['calculated'] and 'pred_inline' in run and not name.startswith('bom')
]
WHERE = {
    'ccw_quad': ['res_img_1.txt, line 1', 'clockwise', '10,40,110,40,110,10,10,10,hello'],
    'float_coords': ['res_img_1.txt, line 1', 'whole-number', '10.5,10,110,10,110,40,10,40,hello'],
    'missing_transcription_field': ['res_img_1.txt, line 1', 'x4,y4,transcription'],
    'unknown_image': ['res_img_9.txt', 'image 9'],
    'bad_entry_name': ['img_1.txt', 'res_img_N.txt'],
    'nested_folder': ['sub/res_img_1.txt', 'res_img_N.txt'],
}


def write_submission(run: dict[str, Any], folder: Path) -> Path:
    for name, text in run['pred_inline'].items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode(run['pred_inline_encoding']))
    return folder


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, 'w') as target:
        for path in sorted(p for p in folder.rglob('*') if p.is_file()):
            target.write(path, path.relative_to(folder).as_posix())
    return archive


@pytest.mark.parametrize('as_zip', [False, True], ids=['folder', 'zip'])
@pytest.mark.parametrize('name', ACCEPTED)
def test_evaluate_files_accepts_what_the_reference_accepts(
    name: str, as_zip: bool, tmp_path: Path
) -> None:
    run = RUNS[name]
    (tmp_path / 'pred').mkdir()
    folder = write_submission(run, tmp_path / 'pred')
    pred = zipped(folder, tmp_path / 'pred.zip') if as_zip else folder

    result = evaluate_files(CASE / 'gt', pred, 'icdar2015')

    for key, value in run['metrics'].items():
        assert result[key.lower()] == pytest.approx(value, abs=1e-9)
    assert {key: result[key] for key in run['counts']} == run['counts']


@pytest.mark.parametrize('as_zip', [False, True], ids=['folder', 'zip'])
@pytest.mark.parametrize('name', REJECTED)
def test_evaluate_files_rejects_what_the_reference_rejects(
    name: str, as_zip: bool, tmp_path: Path
) -> None:
    (tmp_path / 'pred').mkdir()
    folder = write_submission(RUNS[name], tmp_path / 'pred')
    pred = zipped(folder, tmp_path / 'pred.zip') if as_zip else folder

    with pytest.raises(SubmissionError) as error:
        evaluate_files(CASE / 'gt', pred, 'icdar2015')

    for part in [*WHERE[name], 'wanted', 'got']:
        assert part in str(error.value)


def test_evaluate_files_drops_a_byte_order_mark(tmp_path: Path) -> None:
    pred = write_submission(RUNS['bom_rejected_by_py3_port_only'], tmp_path)

    assert evaluate_files(CASE / 'gt', pred, 'icdar2015')['matched'] == 1


def test_evaluate_files_rejects_an_empty_gt_text(tmp_path: Path) -> None:
    gt = tmp_path / 'gt'
    gt.mkdir()
    for name, text in RUNS['empty_gt_transcription_crashes_script']['gt_inline'].items():
        (gt / name).write_text(text)
    pred = tmp_path / 'pred'
    pred.mkdir()
    (pred / 'res_img_1.txt').write_text('10,10,110,10,110,40,10,40,hello\n')

    with pytest.raises(ValueError, match=r'gt_img_1\.txt, line 1: wanted a transcript'):
        evaluate_files(gt, pred, 'icdar2015')
