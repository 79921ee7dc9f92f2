"""Numbers and tables of the experiments, from results that can be worked out by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pipeline.analysis.experiments.plan import Run
from pipeline.analysis.experiments.report import conclude, make_sections
from pipeline.analysis.experiments.summary import summarize
from pipeline.analysis.gt_images import GtImage, GtWord
from pipeline.analysis.report_sections import as_html, as_markdown, html_page

TEXTS = [['open', 'shop'], ['café', 'bar'], ['hotel', 'inn']]
RUNS = [
    Run('control', 'control', 'without context', 'c', control=None),
    Run('gated-early', '1', 'gated', 'c'),
    Run('gated-late', '3', 'late <b>', 'c'),
]
WRONG = ['x'] * 6


@pytest.fixture
def photos() -> list[GtImage]:
    quad = np.array([[0, 0], [40, 0], [40, 20], [0, 20]], np.float32)
    return [GtImage(f'{i}.png', [GtWord(quad, t) for t in some]) for i, some in enumerate(TEXTS)]


def result(off: list[str], on: list[str] | None = None, matched=(0, 0, 0)) -> dict:
    readings = {'off': off} if on is None else {'off': off, 'on': on, 'swapped': off}
    return {
        'readings': {'test': readings},
        'end_to_end': {'test': [list(matched), [2, 2, 2], [2, 2, 2]]},
        'gate': {'fusion.gate': 0.25}, 'cost': None, 'misleading': None, 'seconds': 60.0,
        'iters': 10,
    }  # fmt: skip


def flat() -> list[str]:
    return [text for some in TEXTS for text in some]


def make(photos: list[GtImage], on: list[str], control: list[str]) -> dict:
    results = {
        'control': {0: result(control), 1: result(control)},
        'gated-early': {0: result(control, on, (2, 2, 2)), 1: result(control, control)},
        'gated-late': {0: result(control, control)},
    }
    return summarize(
        RUNS, results, {'test': photos}, {'test': [1.0, 2, 3, 4, 5, 6]}, ['open', 'bar'], 200
    )


def test_summary_is_the_mean_over_seeds_and_paired(photos):
    runs = make(photos, on=flat(), control=WRONG)['sets']['test']['runs']
    assert runs['control']['accuracy']['value'] == 0
    assert runs['gated-early']['accuracy']['value'] == 0.5  # one of two seeds reads all
    assert runs['gated-early']['over_control'] == {'value': 0.5, 'low': 0.5, 'high': 0.5}
    assert runs['gated-early']['over_swapped']['value'] == 0.5
    assert runs['gated-early']['hmean']['value'] == 0.5
    assert runs['gated-early']['hmean_over_control']['value'] == 0.5
    assert runs['gated-late']['over_control']['value'] == 0


def test_summary_groups_by_vocabulary(photos):
    runs = make(photos, on=['open', 'x', 'x', 'bar', 'x', 'x'], control=WRONG)['sets']['test']
    inside, outside = runs['runs']['gated-early']['groups'][:2]
    assert (inside['name'], inside['words'], inside['own']) == ('in vocabulary', 2, 0.5)
    assert (outside['words'], outside['own']) == (4, 0)


@pytest.mark.parametrize(
    ('on', 'control', 'said'),
    [
        (flat(), WRONG, 'Context helps: accuracy over the control is +0.500 on test'),
        (WRONG, flat(), 'Context hurts: accuracy over the control is -0.500 on test'),
        (flat(), flat(), 'No effect of context is shown: accuracy over the control is +0.000'),
    ],
)
def test_conclude_follows_the_interval(photos, on, control, said):
    assert conclude(make(photos, on, control)).startswith(said)


def test_conclude_says_what_is_missing(photos):
    summary = make(photos, flat(), WRONG)
    del summary['sets']['test']['runs']['gated-early']['over_control']
    assert conclude(summary).startswith('The control of gated is missing')
    del summary['runs']['gated-early']
    assert '(late <b>)' in conclude(summary)  # the next run with context
    summary['runs']['gated-late']['group'] = '4 controls'
    assert conclude(summary).startswith('No run with context exists')


def test_sections_are_the_same_numbers_in_both_formats(photos):
    sections = make_sections(make(photos, flat(), WRONG), {'tower': 'tiny', 'imagenet': None})
    text, body = as_markdown(sections), as_html(sections)
    assert 'late <b>' in text
    assert '<b>' not in body
    numbers = re.findall(r'\d\.\d{3}', text)
    assert len(numbers) > 20
    assert re.findall(r'\d\.\d{3}', body) == numbers
    page = html_page('a & b', 'lead', body)
    assert '<title>a &amp; b</title>' in page
    assert not re.findall(r'(?:src|href)=', page)
