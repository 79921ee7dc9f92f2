"""Scores of prediction files against ground-truth files, as ``clipter evaluate`` reports them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.evaluation.char_scores import read_char_scores
from pipeline.evaluation.lexicon_files import read_lexicon
from pipeline.evaluation.lexicon_rules import (
    LexiconLevel,
    LexiconRuleName,
    apply_lexicon,
    lexicon_rule,
)
from pipeline.evaluation.point_metric import (
    center_between_sides,
    center_of_vertices,
    score_points,
)
from pipeline.evaluation.protocols import POINT_PROTOCOLS, PointProtocol, Protocol, load_words
from pipeline.evaluation.scoring import TASKS, ScoringRules, SetScore, Task, score_images
from pipeline.evaluation.summary import evaluation_summary
from pipeline.evaluation.words import Words


@dataclass(frozen=True)
class LexiconChoice:
    """A lexicon and the rule that applies it.

    Attributes:
        path: Path of the lexicon; see :func:`read_lexicon`.
        level: ``strong``, ``weak``, ``generic`` or ``full``.
        rule: Name of the rule; see :func:`lexicon_rule`. Most published tables use ``adelaidet``.
        char_scores: Path of the character scores for the weighted edit distance of
            ``mask-textspotter`` and ``testr``; see :func:`read_char_scores`. None uses the plain
            edit distance.
    """

    path: str
    level: LexiconLevel
    rule: LexiconRuleName = 'adelaidet'
    char_scores: str | None = None


@dataclass(frozen=True)
class FileEvaluation:
    """The scores of two sets of files, with the words that were scored.

    Attributes:
        gt_path: Path of the ground truth.
        det_path: Path of the predictions.
        protocol: Protocol of both.
        task: Task whose numbers come first.
        rules: Thresholds and text rules.
        lexicon: Lexicon that corrected the predictions, or None.
        gt: Image name -> gt words.
        det: Image name -> scored predictions, after the lexicon and ``min_score``.
        dropped: Number of predictions that the lexicon rule dropped.
        scores: Task -> scores of the set and of each image. Point protocols have no task
            ``detection`` and no scores of images.
        min_score: Lowest confidence of the scored predictions.
    """

    gt_path: str
    det_path: str
    protocol: Protocol | PointProtocol
    task: Task
    rules: ScoringRules
    lexicon: LexiconChoice | None
    gt: Mapping[str, Words]
    det: Mapping[str, Words]
    dropped: int
    scores: Mapping[Task, SetScore]
    min_score: float = 0.0

    def summary(self) -> dict[str, Any]:
        """The result of :func:`evaluate_files`."""
        return {
            'calculated': True,
            'message': '',
            'protocol': self.protocol,
            'task': self.task,
            'rules': asdict(self.rules),
            'lexicon': asdict(self.lexicon) if self.lexicon else None,
            'min_score': self.min_score,
        } | evaluation_summary(self.scores, self.task)


def score_files(
    gt_path: str | Path,
    det_path: str | Path,
    protocol: Protocol | PointProtocol,
    task: Task = 'e2e',
    rules: ScoringRules | None = None,
    lexicon: LexiconChoice | None = None,
    min_score: float = 0.0,
) -> FileEvaluation:
    """Score predictions and return the words together with the scores.

    Arguments and errors are those of :func:`evaluate_files`.
    """
    if task not in TASKS:
        raise ValueError(f'task must be one of {", ".join(TASKS)}, got {task!r}.')
    points = protocol in POINT_PROTOCOLS
    if points and task == 'detection':
        raise ValueError('points have no task detection; choose e2e or spotting.')
    # The ICDAR script stops at a gt word without text. The Total-Text scripts count it as misread.
    rules = rules or ScoringRules(reject_empty_gt=protocol in ('icdar2015', 'icdar2013'))
    if min_score > 0 and not (rules.confidences or points):
        raise ValueError('min_score requires predictions with confidences.')
    gt, det = load_words(gt_path, det_path, protocol, rules.confidences)
    dropped = 0
    if lexicon:
        submitted = sum(map(len, det.values()))
        rule = lexicon_rule(lexicon.rule, curved=protocol == 'totaltext')
        det = apply_lexicon(
            det,
            read_lexicon(lexicon.path, lexicon.level),
            rule,
            lexicon.level,
            read_char_scores(lexicon.char_scores) if lexicon.char_scores else None,
        )
        dropped = submitted - sum(map(len, det.values()))
    if min_score > 0:
        det = {name: words.of_confidence(min_score) for name, words in det.items()}
    return FileEvaluation(
        gt_path=str(gt_path),
        det_path=str(det_path),
        protocol=protocol,
        task=task,
        rules=rules,
        lexicon=lexicon,
        gt=gt,
        det=det,
        dropped=dropped,
        scores=_score_points(gt, det, protocol) if points else score_images(gt, det, rules),
        min_score=min_score,
    )


def evaluate_files(
    gt_path: str | Path,
    det_path: str | Path,
    protocol: Protocol | PointProtocol,
    task: Task = 'e2e',
    rules: ScoringRules | None = None,
    lexicon: LexiconChoice | None = None,
    min_score: float = 0.0,
) -> dict[str, Any]:
    """Score predictions against ground truth.

    Args:
        gt_path: Folder or zip of ground truth.
        det_path: Folder or zip of predictions.
        protocol: Name of the protocol; see :func:`load_words`.
        task: Task whose numbers are at the top level: ``e2e``, ``spotting`` or ``detection``.
        rules: Thresholds and text rules; None uses those of the protocol. Point protocols do not
            use them.
        lexicon: Lexicon that corrects the predictions first, or None.
        min_score: Lowest confidence of the scored predictions. A value above 0 requires
            predictions with confidences.

    Returns:
        ``precision``, ``recall``, ``hmean``, ``ap``, ``matched``, ``gt_care`` and ``det_care`` of
        ``task``, the same numbers of every task under its name, ``per_image``, and the settings.

    Raises:
        ValueError: If the reference script of the protocol rejects a file. The message contains
            file and line.
    """
    return score_files(gt_path, det_path, protocol, task, rules, lexicon, min_score).summary()


def _score_points(
    gt: Mapping[str, Words], det: Mapping[str, Words], protocol: Protocol | PointProtocol
) -> dict[Task, SetScore]:
    spts = protocol == 'points-spts'
    center = center_between_sides if spts else center_of_vertices
    return {
        task: SetScore(
            score_points(gt, det, center, task == 'spotting', skip_images_without_gt=not spts), {}
        )
        for task in ('e2e', 'spotting')
    }
