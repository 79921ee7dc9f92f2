"""Lexicon rules, compared with the results of the published code."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pytest
from golden_cases import GOLDEN, KEYED, Run, lexicon_of, read_case, run_name, scored_runs

from pipeline.evaluation.lexicon import Lexicon
from pipeline.evaluation.lexicon_files import read_lexicon
from pipeline.evaluation.lexicon_rules import apply_lexicon, lexicon_rule
from pipeline.evaluation.protocols import load_words
from pipeline.evaluation.weighted_edit_distance import fold_case, match_weighted

QUADS = GOLDEN / 'lexicon_quad_strong_weak_generic'
RUNS = [
    run
    for case in (QUADS, GOLDEN / 'lexicon_totaltext_full')
    for run in scored_runs(case)
    if 'pred_corrected' in run.expected
]
WEIGHTED = read_case(GOLDEN / 'lexicon_weighted_edit_distance')['runs']


def texts_in(path: Path) -> list[str]:
    lines = [line for line in path.read_text(encoding='utf-8').split('\n') if line]
    return [line.split(',####')[1] if ',####' in line else line.split(',')[-1] for line in lines]


@pytest.mark.parametrize('run', RUNS, ids=run_name)
def test_apply_lexicon_equals_the_reference(run: Run) -> None:
    choice = lexicon_of(run)
    assert choice is not None
    _, det = load_words(run.case / 'gt', run.case / 'pred', run.protocol)
    rule = lexicon_rule(choice.rule, curved=run.protocol == 'totaltext')

    corrected = apply_lexicon(det, read_lexicon(choice.path, choice.level), rule, choice.level)

    files = {
        int(''.join(c for c in path.stem if c.isdigit())): path
        for path in (run.case / run.expected['pred_corrected']).iterdir()
    }
    assert {int(name): list(words.texts) for name, words in corrected.items()} == {
        number: texts_in(path)
        for number, path in files.items()
        if str(number) in {str(int(name)) for name in corrected}
    }


@pytest.mark.parametrize('level', ['strong', 'weak', 'generic'])
def test_lexicon_match_equals_mask_textspotter(level: str) -> None:
    lexicon = read_lexicon(QUADS / 'lexicons' / KEYED[level], level)
    runs = {run['run']: run for run in read_case(QUADS)['runs']}
    matches = runs[f'mts_find_match_word_plain_{level}']['matches']
    assert matches
    for match in matches:
        found = lexicon(str(match['image'])).match([match['rec']])[0]
        assert (found.word, found.distance) == (match['word'], match['dist']), match


@pytest.mark.parametrize('item', WEIGHTED[0]['items'], ids=lambda item: item['rec'])
def test_match_weighted_equals_mask_textspotter(item: dict) -> None:
    lexicon = Lexicon.from_pairs((word, word.capitalize()) for word in item['lexicon'])
    rows = {c: i for i, c in enumerate(string.digits + string.ascii_uppercase)}

    weighted = match_weighted(item['rec'], lexicon, np.array(item['scores']), rows)
    plain = lexicon.match([item['rec']])[0]

    assert weighted.word == item['weighted']['word']
    assert weighted.distance == pytest.approx(item['weighted']['dist'], abs=1e-9)
    assert (plain.word, plain.distance) == (item['plain']['word'], item['plain']['dist'])


@pytest.mark.parametrize('item', WEIGHTED[1]['items'], ids=lambda item: item['rec'])
def test_match_weighted_equals_testr(item: dict) -> None:
    run = WEIGHTED[1]
    lexicon = Lexicon.from_pairs(zip(run['lexicon'], run['pairs_original']))
    labels = string.digits + string.ascii_uppercase + string.ascii_lowercase
    scores = np.array(WEIGHTED[0]['items'][item['item_index']]['scores'])
    cased = np.full((len(labels), scores.shape[1]), 1e-4, dtype=np.float32)
    cased[:36], cased[36:] = scores, scores[10:] * 0.9
    folded, rows = fold_case(cased, {c: i for i, c in enumerate(labels)})

    found = match_weighted(item['rec'], lexicon, folded, rows, preselect=None)

    assert found.word == item['word']
