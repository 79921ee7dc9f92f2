"""``clipter benchmark-scoring`` on a small data set."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.benchmark import scoring
from pipeline.benchmark.scoring_set import draw_lexicon, draw_set, misspell
from pipeline.cli import benchmark_scoring as tool

SMALL = ['--photos', '6', '--words', '12', '--lexicon-size', '3000', '--sample', '5']


def test_benchmark_scoring_prints_and_writes_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = tool.main([*SMALL, '--json', str(tmp_path / 'deep' / 'speed.json')])

    told = capsys.readouterr().out
    record = json.loads((tmp_path / 'deep' / 'speed.json').read_text())
    assert status == 0
    assert '6 images, 72 ground-truth words, 72 predictions; lexicon of 3000 words' in told
    assert [run['lexicon'] for run in record['scoring']] == [False, True]
    assert set(record['search']) == {'in the lexicon', 'misspelled', 'all'}
    for kind, search in record['search'].items():
        assert search['looped'] == 5 and search['texts'] > 5
        assert search['ratio'] == pytest.approx(
            search['loop_seconds'] / (search['seconds'] + search['index_seconds'])
        )
        assert f'{kind:<15}{search["texts"]:6d} texts' in told
    assert 'scaled up from 5 of them' in told


def test_lexicon_corrects_misspelled_words(tmp_path: Path) -> None:
    drawn = draw_set(6, 12, 3000, misspelled=0.5, rng=np.random.default_rng(0))

    without, with_lexicon = scoring.time_scoring(drawn, tmp_path)

    assert with_lexicon.hmean > without.hmean + 0.05


def test_benchmark_scoring_fails_if_search_and_loop_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer_first(self: object, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(len(texts), dtype=int), np.zeros(len(texts))

    monkeypatch.setattr(scoring.NearestWords, 'find', answer_first)
    monkeypatch.setattr(scoring, 'time_scoring', lambda drawn, folder: [])

    assert tool.main(SMALL) == 1
    assert 'the loop finds word' in capsys.readouterr().err


def test_draw_set_is_deterministic() -> None:
    first, second, other = (
        draw_set(3, 5, 500, misspelled=0.5, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )

    def texts(drawn):
        return [word.text for words in drawn.det.values() for word in words]

    assert texts(first) == texts(second) != texts(other)
    assert first.lexicon == second.lexicon


def test_draw_lexicon_returns_distinct_words() -> None:
    lexicon = draw_lexicon(88_000, np.random.default_rng(0))

    assert len(set(lexicon)) == len(lexicon) == 88_000
    assert min(map(len, lexicon)) >= 3
    assert all(word.isalpha() and word.isupper() for word in lexicon)
    with pytest.raises(ValueError, match='at most'):
        draw_lexicon(10_000_000, np.random.default_rng(0))


def test_misspelled_words_are_outside_the_lexicon() -> None:
    known = {'CAT', 'CAR', 'CART', 'AT', 'A'}
    rng = np.random.default_rng(0)

    assert not known & {misspell(word, known, rng) for word in sorted(known) for _ in range(50)}


def test_one_core_restores_the_affinity() -> None:
    if not hasattr(os, 'sched_getaffinity'):
        pytest.skip('this system cannot choose cores')
    before = os.sched_getaffinity(0)
    with scoring.one_core():
        assert len(os.sched_getaffinity(0)) == 1

    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize('bad', [['--photos', '0'], ['--misspelled', '2'], ['--sample', '-1']])
def test_benchmark_scoring_rejects_numbers_out_of_range(bad: list[str]) -> None:
    with pytest.raises(SystemExit) as error:
        tool.main(bad)

    assert error.value.code == 2
