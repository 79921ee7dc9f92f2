"""HTML tables of settings and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from pipeline.analysis.submission import markup
from pipeline.analysis.submission.curve_figure import TASK_NAMES
from pipeline.analysis.submission.photo_panel import KIND_NAMES, ScoredPhoto
from pipeline.evaluation.file_evaluation import FileEvaluation
from pipeline.evaluation.scoring import SetScore, Task
from pipeline.evaluation.word_outcomes import count_kinds

_PROTOCOL_NAMES = {
    'icdar2015': 'ICDAR 2015',
    'icdar2013': 'ICDAR 2013',
    'totaltext': 'Total-Text',
}
_MATCHING_NAMES = {'first': 'first free prediction', 'maximum': 'as many pairs as possible'}


def settings_list(evaluation: FileEvaluation) -> str:
    """Settings that determine the scores, as an HTML definition list."""
    rules, lexicon = evaluation.rules, evaluation.lexicon
    used = 'none'
    if lexicon:
        used = (
            f'{lexicon.level}, from {PurePath(lexicon.path).name}; rule {lexicon.rule}; '
            f'{markup.plural(evaluation.dropped, "prediction")} dropped by it'
        )
    order = 'by falling confidence' if rules.confidences else 'in file order'
    strip = {
        'edge': 'one special character at either end of the gt text',
        'all': 'all special characters at both ends of both texts',
    }
    settings = {
        'protocol': _PROTOCOL_NAMES[evaluation.protocol],
        'task': TASK_NAMES[evaluation.task],
        'ground truth': PurePath(evaluation.gt_path).name,
        'predictions': PurePath(evaluation.det_path).name,
        'IoU': f'more than {rules.iou!r}',
        'lexicon': used,
        'area precision': f"more than {rules.area_precision!r} in one don't-care word: left out",
        'may be missing in end-to-end': strip[rules.strip],
        'shortest word to spot': markup.plural(rules.min_length, 'character'),
        'order of predictions': order,
        'matching': _MATCHING_NAMES[rules.matching],
        'lowest confidence': f'{evaluation.min_score:g}',
    }
    items = ''.join(
        f'<div><dt>{term}</dt><dd>{markup.text(value)}</dd></div>'
        for term, value in settings.items()
    )
    return f'<dl class="settings">{items}</dl>'


def score_table(scores: Mapping[Task, SetScore], task: Task, with_confidences: bool) -> str:
    """Scores of every task. The task of the images below is marked."""
    no_ap = '<span class="absent" title="average precision needs --confidences">none</span>'
    rows = []
    for name, label in TASK_NAMES.items():
        score = scores[name].score
        asked = ' <span class="absent">(the images below)</span>' if name == task else ''
        rows.append(
            [
                label + asked,
                *(markup.number(value) for value in (score.precision, score.recall, score.hmean)),
                markup.number(score.ap) if with_confidences else no_ap,
                *(str(count) for count in (score.matched, score.gt_care, score.det_care)),
            ]
        )
    header = ['task', 'precision', 'recall', 'hmean', 'AP', 'matched', 'gt', 'predicted']
    return markup.table(header, rows)


def photo_table(photos: Sequence[ScoredPhoto]) -> str:
    """Scores of every image, those with the most errors first."""
    rows = []
    for photo in sorted(photos, key=lambda photo: -photo.errors):
        counts = count_kinds(photo.outcomes)
        score = photo.score
        rows.append(
            [
                markup.text(photo.name),
                str(photo.errors),
                *(str(counts[kind]) for kind in KIND_NAMES),
                *(markup.number(value) for value in (score.precision, score.recall, score.hmean)),
            ]
        )
    header = ['image', 'errors', *KIND_NAMES.values(), 'precision', 'recall', 'hmean']
    return markup.table(header, rows)
