"""Golden cases: where they lie, and how a reference run maps onto our settings."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.evaluation.file_evaluation import LexiconChoice, evaluate_files
from pipeline.evaluation.scoring import ScoringRules

REPOSITORY = Path(__file__).parents[2]
GOLDEN = REPOSITORY / 'tests' / 'golden'
# Cases made of third-party ground truth are kept beside the repository, never in it.
REAL_GOLDEN = REPOSITORY.parent / 'shared' / 'golden'
REAL_CASES = ('REAL_ic13_mango', 'REAL_totaltext_detection_tp', 'REAL_totaltext_gt')

PROTOCOL_OF_FORMAT = {'quad': 'icdar2015', 'ltrb': 'icdar2013', 'polygon': 'totaltext'}
KEYED = {
    'strong': 'new_strong_lexicon',
    'weak': 'ch4_test_vocabulary_pair_list.txt',
    'generic': 'GenericVocabulary_pair_list.txt',
    'full': 'tt_pair_list.txt',
}
PLAIN = {'strong': 'strong', 'weak': 'weak.txt', 'generic': 'generic.txt'}


class Run(NamedTuple):
    """One run of a reference script on one case."""

    case: Path
    expected: dict[str, Any]
    protocol: str


@cache
def read_case(case: Path) -> dict[str, Any]:
    return json.loads((case / 'expected.json').read_text(encoding='utf-8'))


def synthetic_cases() -> list[Path]:
    return sorted(path.parent for path in GOLDEN.glob('*/expected.json'))


def scored_runs(case: Path) -> list[Run]:
    """The runs of a case that scored files against files."""
    expected = read_case(case)
    protocol = PROTOCOL_OF_FORMAT.get(expected.get('format', {}).get('kind'), '')
    return [
        Run(case, run, protocol)
        for run in expected['runs']
        if 'counts' in run and 'pred_inline' not in run
    ]


def run_name(run: Run) -> str:
    return f'{run.case.name}-{run.expected["run"]}'


def task_of(run: Run) -> str:
    if run.expected['run'].startswith('davar_detection'):
        return 'detection'
    settings = run.expected['settings']
    settings = settings.get('params_override', settings)
    word_spotting = settings.get('WORD_SPOTTING', settings.get('word_spotting', False))
    return 'spotting' if word_spotting else 'e2e'


def rules_of(run: Run) -> ScoringRules:
    settings = run.expected['settings']
    settings = settings.get('params_override', settings)
    edge = settings.get('ONLY_REMOVE_FIRST_LAST_CHARACTER', True)
    return ScoringRules(
        iou=settings.get('IOU_CONSTRAINT', settings.get('iou', 0.5)),
        area_precision=settings.get(
            'AREA_PRECISION_CONSTRAINT', settings.get('area_precision', 0.5)
        ),
        strip='edge' if edge else 'all',
        min_length=settings.get('MIN_LENGTH_CARE_WORD', 3),
        confidences=settings.get('CONFIDENCES', False),
    )


def lexicon_of(run: Run) -> LexiconChoice | None:
    if 'pred_corrected' not in run.expected:
        return None
    rule, level = Path(run.expected['pred_corrected']).name.rsplit('_', 1)
    folder = run.case / 'lexicons'
    if run.case.name.startswith('REAL'):
        path = folder / PLAIN[level]
    elif rule == 'davar' and level != 'full':
        path = folder / 'davar' / PLAIN[level]
    else:
        path = folder / KEYED[level]
    return LexiconChoice(str(path), level, rule)


def score_run(run: Run) -> dict[str, Any]:
    """Score the case's own predictions by our rules and, where it has one, our lexicon."""
    return evaluate_files(
        run.case / 'gt',
        run.case / 'pred',
        run.protocol,
        task_of(run),
        rules_of(run),
        lexicon_of(run),
    )
