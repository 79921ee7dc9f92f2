"""Scores, compared with those of the reference scripts."""

from __future__ import annotations

from typing import Any

import pytest
from golden_cases import REAL_CASES, REAL_GOLDEN, Run, run_name, score_run, scored_runs
from golden_cases import synthetic_cases as cases

from pipeline.io.line_format import unquote

RUNS = [run for case in cases() for run in scored_runs(case)]


def assert_equals_reference(run: Run, result: dict[str, Any]) -> None:
    expected = run.expected
    got = {key: result[key.lower()] for key in expected['metrics']}
    assert got == pytest.approx(expected['metrics'], abs=1e-9)
    counts = {key: expected['counts'][key] for key in ('matched', 'gt_care', 'det_care')}
    assert {key: result[key] for key in counts} == counts
    if 'det_only_metrics' in expected:
        for key, value in expected['det_only_metrics'].items():
            assert result['detection'][key] == pytest.approx(value, abs=1e-9)
        for key in counts:
            assert result['detection'][key] == expected['counts'][f'det_only_{key}']


def assert_photos_equal_reference(run: Run, result: dict[str, Any]) -> None:
    by_number = {int(name): photo for name, photo in result['per_image'].items()}
    for name, expected in run.expected.get('per_sample', {}).items():
        photo = by_number[int(''.join(c for c in name if c.isdigit()))]
        if not run.expected['run'].startswith('davar_detection'):  # prints stale values an image
            for key in ('precision', 'recall', 'hmean', 'AP'):
                if key in expected:
                    assert photo[key.lower()] == pytest.approx(expected[key], abs=1e-9), name
        if 'pairs' in expected:
            keys = ('gt', 'det', 'correct')
            wanted = [{k: pair[k] for k in keys if k in pair} for pair in expected['pairs']]
            got = [{k: pair[k] for k in expected['pairs'][0]} for pair in photo['pairs']]
            assert got == wanted, name
        assert photo['gt_dont_care'] == expected['gtDontCare'], name
        assert photo['det_dont_care'] == expected['detDontCare'], name
        if 'gtTrans' in expected:
            # DAVAR and Mask TextSpotter leave a Total-Text transcript in its quotes.
            assert photo['gt_texts'] == [unquote(t) for t in expected['gtTrans']], name


@pytest.mark.parametrize('run', RUNS, ids=run_name)
def test_evaluate_files_equals_the_reference_script(run: Run) -> None:
    result = score_run(run)

    assert_equals_reference(run, result)
    assert_photos_equal_reference(run, result)


@pytest.mark.parametrize('name', REAL_CASES)
def test_evaluate_files_equals_the_reference_on_published_gt(name: str) -> None:
    case = REAL_GOLDEN / name
    if not case.is_dir():
        pytest.skip(f'{name} is third-party ground truth and lies beside the repository only')
    for run in scored_runs(case):
        result = score_run(run)

        assert_equals_reference(run, result)
        assert_photos_equal_reference(run, result)


def test_golden_runs_cover_every_protocol() -> None:
    assert {run.protocol for run in RUNS} == {'icdar2015', 'icdar2013', 'totaltext'}
    assert len(RUNS) >= 50
