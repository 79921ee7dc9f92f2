"""Diagnosis of a toy recognizer whose results can be computed by hand."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from toy_reader import make_subject, write_photos

from pipeline.analysis.context import (
    count_steps,
    diagnose,
    format_diagnosis,
    format_page,
    read_gt_images,
)


@pytest.fixture(autouse=True)
def _mmocr_scope():
    with DefaultScope.overwrite_default_scope('mmocr'):
        yield


@pytest.fixture
def photos(tmp_path):
    """Three images with shifts 1, 2 and 0, and pairs of gt text and toy text."""
    return read_gt_images(
        [
            write_photos(
                tmp_path,
                [
                    (1, [('a', 'b'), ('c', 'c')]),  # off a c, on b d: one better, one worse
                    (2, [('a', 'x'), ('e', 'G')]),  # off a e, on c g: neither, better
                    (0, [('h', 'h')]),  # off h, on h
                ],
            )
        ]
    )


def test_diagnose_reads_each_condition_with_its_tokens(photos):
    diagnosis = diagnose(make_subject(), photos, misleading=0)
    readings = diagnosis.readings
    assert readings['off'] == ['a', 'c', 'a', 'e', 'h']
    assert readings['on'] == ['b', 'd', 'c', 'g', 'h']
    assert readings['mean_token'] == ['b', 'd', 'b', 'f', 'i']  # the mean shift is 1
    assert readings['random_encoder'] == ['h', 'j', 'h', 'l', 'o']  # 7, as the toy says
    shifts = [ord(text) - ord(off) for text, off in zip(readings['swapped'], readings['off'])]
    per_photo = [shifts[0], shifts[2], shifts[4]]
    assert sorted(per_photo) == [0, 1, 2]
    assert all(shift != own for shift, own in zip(per_photo, (1, 2, 0)))


def test_diagnose_counts_accuracy_and_changes(photos):
    summary = diagnose(make_subject(), photos, misleading=0).summary
    accuracy = summary['accuracy']
    assert accuracy['off']['alphanumeric']['value'] == pytest.approx(2 / 5)  # c and h
    assert accuracy['on']['alphanumeric']['value'] == pytest.approx(3 / 5)  # b, G and h
    assert accuracy['on']['exact']['value'] == pytest.approx(2 / 5)
    assert accuracy['on']['alphanumeric']['over_off']['value'] == pytest.approx(1 / 5)
    changed = summary['changed']
    assert changed['any']['words'] == 4
    words = {kind: share['words'] for kind, share in changed['alphanumeric'].items()}
    assert words == {'better': 2, 'worse': 1, 'neither': 1}
    assert changed['alphanumeric']['better']['value'] == pytest.approx(2 / 5)


def test_diagnose_counts_words_of_groups(photos):
    groups = diagnose(make_subject(), photos, train_words=['b', 'h'], misleading=0).summary[
        'groups'
    ]
    inside, outside = groups['vocabulary']
    assert (inside['words'], inside['off'], inside['on']) == (2, 0.5, 1.0)
    assert (outside['words'], outside['off']) == (3, pytest.approx(1 / 3))
    assert sum(group['words'] for group in groups['height']) == 5
    assert [group['words'] for group in groups['length']] == [5, 0, 0, 0, 0]
    assert groups['length'][1]['on'] is None


def test_diagnose_with_a_closed_gate_changes_nothing(photos):
    summary = diagnose(make_subject(openness=0.0), photos, misleading=0).summary
    assert summary['gate'] == {'fusion.gate': 0.0}
    assert summary['changed']['any']['words'] == 0
    off = summary['accuracy']['off']
    for name in ('on', 'swapped', 'random_encoder', 'mean_token'):
        assert summary['accuracy'][name]['exact']['value'] == off['exact']['value']


def test_diagnose_is_equal_for_equal_seeds(photos):
    first = diagnose(make_subject(), photos, seed=4, misleading=0)
    again = diagnose(make_subject(), photos, seed=4, misleading=0)
    for summary in (first.summary, again.summary):
        summary.pop('cost')
        summary.pop('seconds')
    assert first.summary == again.summary
    assert first.readings == again.readings


def test_diagnose_measures_time_and_memory(photos):
    cost = diagnose(make_subject(), photos, misleading=0).summary['cost']
    assert cost['photos'] == 3
    assert cost['words'] == 5
    assert all(seconds > 0 for seconds in cost['seconds_a_photo'].values())


def test_diagnose_reports_as_many_steps_as_it_counts(photos):
    steps = []
    subject = make_subject()
    diagnose(subject, photos, misleading=0, report=lambda stage, count: steps.append(count))
    assert sum(steps) == count_steps(subject, photos, misleading=0)


def test_diagnosis_conclusion_follows_from_the_gate_and_the_changes(photos):
    closed = diagnose(make_subject(openness=0.0), photos, misleading=0)
    lead = 'The gate is closed: context has no effect.'
    assert format_diagnosis(closed.summary).startswith(lead)
    assert f'<p class="lead">{lead}</p>' in format_page(closed, 'toy')
    open_gate = diagnose(make_subject(), photos, misleading=0).summary
    assert format_diagnosis(open_gate).startswith('Context changes 4 words, and no gain or loss')


def test_diagnose_rejects_one_image(tmp_path):
    photos = read_gt_images([write_photos(tmp_path, [(1, [('a', 'b')])])])
    with pytest.raises(ValueError, match='at least 2 images'):
        diagnose(make_subject(), photos)


def test_diagnose_rejects_data_without_readable_words(tmp_path):
    photos = read_gt_images([write_photos(tmp_path, [(1, [('a', '')]), (2, [('a', '')])])])
    with pytest.raises(ValueError, match='no word to read'):
        diagnose(make_subject(), photos)


def test_format_page_lists_each_changed_word(photos):
    diagnosis = diagnose(make_subject(), photos, misleading=0)
    page = format_page(diagnosis, 'toy')
    titles = re.findall(r'<h2>(.*?): (\d+) words</h2>', page)
    assert [int(count) for _, count in titles] == [2, 1, 1]
    rows = re.findall(r'<tr><td><img.*?</tr>', page, re.DOTALL)
    assert len(rows) == 4
    cells = [re.findall(r'<td class="text.*?">(.*?)</td>', row) for row in rows]
    assert [(off, on, gt_text) for off, on, _, gt_text in cells] == [
        ('a', 'b', 'b'),
        ('e', 'g', 'G'),
        ('c', 'd', 'c'),
        ('a', 'c', 'x'),
    ]


def test_format_page_embeds_all_files(photos):
    page = format_page(diagnose(make_subject(), photos, misleading=0), 'toy')
    sources = re.findall(r'(?:src|href)="(.*?)"', page)
    assert len(sources) == 8
    assert all(source.startswith('data:image/') for source in sources)


def test_format_page_escapes_texts(tmp_path):
    evil = '<script>alert("x")</script>&'
    photos = read_gt_images([write_photos(tmp_path, [(1, [('a', evil)]), (2, [('b', "'><b>")])])])
    page = format_page(diagnose(make_subject(), photos, misleading=0), evil)
    assert '<script' not in page
    assert '<b>' not in page
    assert evil in unescape(page)


def test_format_page_truncates_long_lists(photos):
    page = format_page(diagnose(make_subject(), photos, misleading=0), 'toy', most_words=1)
    assert len(re.findall(r'<tr><td><img', page)) == 3
    assert page.count('The first 1 are shown.') == 1


def test_format_diagnosis_contains_every_number(photos):
    text = format_diagnosis(diagnose(make_subject(), photos, ['b'], misleading=0).summary)
    for part in (
        "another image's tokens",
        'random encoder',
        'mean token',
        'fusion.gate',
        'vocabulary: in',
    ):
        assert part in text
    assert np.isfinite([float(value) for value in re.findall(r'-?\d+\.\d+', text)]).all()
