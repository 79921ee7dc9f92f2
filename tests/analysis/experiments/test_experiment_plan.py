"""Runs, annotations and estimates of the experiments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.analysis.context.progress_hook import Progress
from pipeline.analysis.experiments.annotations import (
    derive_annotation,
    keep_share,
    read_cut_words,
    shuffle_scenes,
)
from pipeline.analysis.experiments.estimate import Estimator
from pipeline.analysis.experiments.plan import choose_runs, plan_runs
from pipeline.cli.config_files import find_config


def entry(photo: int, word: int) -> dict:
    scene = {'img_path': f'{photo}.jpg', 'native_size': None, 'key': f'key{photo}'}
    return {
        'img_path': f'{photo}_{word}.jpg', 'instances': [{'text': f'w{photo}'}], 'scene': scene,
        'width': 64,
    }  # fmt: skip


ENTRIES = [entry(photo, word) for photo in range(10) for word in range(3)]


def test_plan_runs_come_after_their_controls():
    runs = plan_runs([], with_imagenet=True)
    names = [run.name for run in runs]
    assert len(set(names)) == len(names)
    for i, run in enumerate(runs):
        assert run.control is None or run.control in names[:i]
        assert find_config(run.config).is_file()


def test_plan_runs_train_plain_recognizers_without_start_weights():
    scratch = [run.arch for run in plan_runs([], True) if run.from_scratch]
    on_lcnet = ['parseq-lcnet', 'satrn-lcnet', 'crnn-lcnet']
    assert scratch == ['parseq', 'parseq-compact', 'satrn', 'crnn', *on_lcnet]
    given = [run.arch for run in plan_runs(['satrn'], True) if run.from_scratch]
    assert given == ['parseq', 'parseq-compact', 'crnn', *on_lcnet]


def test_choose_runs_adds_what_they_depend_on():
    runs = plan_runs([], with_imagenet=False)
    assert [run.name for run in choose_runs(runs, ['gated-late'])] == ['control', 'gated-late']
    chosen = [run.name for run in choose_runs(runs, ['crnn-late'])]
    assert chosen == ['crnn-plain', 'crnn-control', 'crnn-late']
    shares = {run.name for run in choose_runs(runs, ['6'])}
    assert shares == {'control-10', 'gated-early-10', 'control-30', 'gated-early-30'}


def test_choose_runs_names_an_unknown_run():
    with pytest.raises(ValueError, match='no run gated-erly: wanted'):
        choose_runs(plan_runs([], False), ['gated-erly'])


def test_keep_share_keeps_whole_images_and_nests():
    some = keep_share(ENTRIES, 0.3, seed=0)
    photos = {each['scene']['key'] for each in some}
    assert len(photos) == 3
    assert some == [each for each in ENTRIES if each['scene']['key'] in photos]
    assert photos < {each['scene']['key'] for each in keep_share(ENTRIES, 0.6, seed=0)}


def test_shuffle_scenes_gives_each_image_another_one():
    shuffled = shuffle_scenes(ENTRIES, seed=0)
    pairs = {(own['scene']['key'], other['scene']['key']) for own, other in zip(ENTRIES, shuffled)}
    assert len(pairs) == 10  # all words of an image get the same scene
    assert all(own != other for own, other in pairs)
    assert {other for _, other in pairs} == {own for own, _ in pairs}
    assert [e['img_path'] for e in shuffled] == [e['img_path'] for e in ENTRIES]


def test_derive_annotation_writes_only_changed_ones(tmp_path):
    (tmp_path / 'textrecog.json').write_text(json.dumps({'data_list': ENTRIES}))
    out = tmp_path / 'derived' / 'set.json'
    assert derive_annotation(tmp_path, out, 1.0, False, 0) == tmp_path / 'textrecog.json'
    assert not out.exists()
    assert derive_annotation(tmp_path, out, 0.5, True, 0) == out
    assert len(json.loads(out.read_text())['data_list']) == 15


@pytest.mark.parametrize(
    ('data', 'said'),
    [(None, 'cut the words first'), ([{'img_path': 'a.jpg', 'instances': []}], 'cut the words of')],
)
def test_read_cut_words_explains_what_is_missing(tmp_path: Path, data, said):
    if data is not None:
        (tmp_path / 'textrecog.json').write_text(json.dumps({'data_list': data}))
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        read_cut_words(tmp_path)


def test_estimator_counts_iterations_and_other_time():
    clock, lines = iter([0, 10, 20, 40, 50]), []
    estimator = Estimator({('a', 0): 40, ('b', 0): 40}, lines.append, lambda: next(clock))
    with estimator.run('a', 0):  # starts at 0
        estimator.iteration(Progress('x', 10, 40, 1.0))  # at 10, with the start
        estimator.iteration(Progress('x', 20, 40, 1.0))  # at 20: a second per iteration
        assert estimator.left() == 20 + 40
        estimator.iteration(Progress('x', 40, 40, 1.0))  # at 40
    # Of 50 s, 30 s are iterations after the first line. The rest is expected in run b too.
    assert estimator.left() == 40 + 20
    assert lines[0] == '[1/2] a (seed 0): starts'
    assert lines[-1] == '[1/2] a (seed 0): done, about 60 s left'
