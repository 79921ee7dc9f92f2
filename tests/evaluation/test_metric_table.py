from __future__ import annotations

from pipeline.evaluation.metric_table import metric_table


def test_metric_table_sorts_rows_by_task_and_level() -> None:
    metrics = {
        'detection/hmean': 0.5,
        'detection/precision': 0.25,
        'spotting/none_hmean': 0.1,
        'e2e/generic_hmean': 0.2,
        'e2e/none_hmean': 0.3,
        'e2e/strong_hmean': 0.4,
    }
    lines = metric_table(metrics).splitlines()
    assert lines[0].split() == ['precision', 'hmean']
    assert [line.split() for line in lines[1:]] == [
        ['e2e/none', '0.3000'],
        ['e2e/strong', '0.4000'],
        ['e2e/generic', '0.2000'],
        ['spotting/none', '0.1000'],
        ['detection', '0.2500', '0.5000'],
    ]


def test_metric_table_shows_lost_words() -> None:
    lost = {'read': 1, 'not_detected': 2, 'badly_cropped': 0, 'misread': 1, 'read_at_gt': 3}
    table = metric_table({f'lost/{key}': n for key, n in lost.items()})
    assert table.startswith('4 gt words')
    assert '2 (50.0%) not detected' in table
    assert '3 (75.0%) of all are read right' in table


def test_metric_table_shows_other_metrics() -> None:
    assert metric_table({'icdar/word_acc': 0.5}) == 'icdar/word_acc: 0.5'
