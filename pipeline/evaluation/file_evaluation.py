"""Score prediction files against ground-truth files: what ``tools/evaluate.py`` runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.evaluation.lexicon_files import read_lexicon
from pipeline.evaluation.lexicon_rules import (
    LexiconLevel,
    LexiconRuleName,
    apply_lexicon,
    lexicon_rule,
)
from pipeline.evaluation.protocols import Protocol, load_words
from pipeline.evaluation.scoring import TASKS, ScoringRules, SetScore, Task, score_images
from pipeline.evaluation.summary import evaluation_summary
from pipeline.evaluation.words import Words


@dataclass(frozen=True)
class LexiconChoice:
    """Which lexicon corrects the predictions, and by whose rule.

    Attributes:
        path: See :func:`read_lexicon`.
        level: ``strong``, ``weak``, ``generic`` or ``full``.
        rule: See :func:`lexicon_rule`; ``adelaidet`` is the one behind most published tables.
    """

    path: str
    level: LexiconLevel
    rule: LexiconRuleName = 'adelaidet'


@dataclass(frozen=True)
class FileEvaluation:
    """Files, read and scored.

    Attributes:
        gt_path: The ground truth.
        det_path: The predictions.
        protocol: How they were read.
        task: Whose numbers come first.
        rules: Thresholds and text rules.
        lexicon: What corrected the predictions, or None.
        gt: Photo name -> gt words.
        det: Photo name -> the predictions that were scored, after the lexicon.
        dropped: How many predictions the lexicon's rule took away.
        scores: Task -> the set's numbers and each photo's.
    """

    gt_path: str
    det_path: str
    protocol: Protocol
    task: Task
    rules: ScoringRules
    lexicon: LexiconChoice | None
    gt: Mapping[str, Words]
    det: Mapping[str, Words]
    dropped: int
    scores: Mapping[Task, SetScore]

    def summary(self) -> dict[str, Any]:
        """The numbers as a plain dictionary; see :func:`evaluate_files`."""
        return {
            'calculated': True,
            'message': '',
            'protocol': self.protocol,
            'task': self.task,
            'rules': asdict(self.rules),
            'lexicon': asdict(self.lexicon) if self.lexicon else None,
        } | evaluation_summary(self.scores, self.task)


def score_files(
    gt_path: str | Path,
    det_path: str | Path,
    protocol: Protocol,
    task: Task = 'e2e',
    rules: ScoringRules | None = None,
    lexicon: LexiconChoice | None = None,
) -> FileEvaluation:
    """Score a folder or zip of predictions and keep the words with the scores.

    Arguments and errors are those of :func:`evaluate_files`.
    """
    if task not in TASKS:
        raise ValueError(f'task must be one of {", ".join(TASKS)}, got {task!r}.')
    # The ICDAR script stops at a gt word without text, Total-Text's count it as misread.
    rules = rules or ScoringRules(reject_empty_gt=protocol != 'totaltext')
    gt, det = load_words(gt_path, det_path, protocol, rules.confidences)
    dropped = 0
    if lexicon:
        submitted = sum(map(len, det.values()))
        rule = lexicon_rule(lexicon.rule, curved=protocol == 'totaltext')
        det = apply_lexicon(det, read_lexicon(lexicon.path, lexicon.level), rule, lexicon.level)
        dropped = submitted - sum(map(len, det.values()))
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
        scores=score_images(gt, det, rules),
    )


def evaluate_files(
    gt_path: str | Path,
    det_path: str | Path,
    protocol: Protocol,
    task: Task = 'e2e',
    rules: ScoringRules | None = None,
    lexicon: LexiconChoice | None = None,
) -> dict[str, Any]:
    """Score a folder or zip of predictions.

    Args:
        gt_path: Folder or zip of ground truth.
        det_path: Folder or zip of predictions.
        protocol: ``icdar2015``, ``icdar2013`` or ``totaltext``.
        task: Whose numbers stand at the top: ``e2e``, ``spotting`` or ``detection``.
        rules: Thresholds and text rules; the protocol's own where None.
        lexicon: Correct the predictions by it first; None scores them as they are.

    Returns:
        ``precision``, ``recall``, ``hmean``, ``ap``, ``matched``, ``gt_care`` and ``det_care`` of
        ``task``; the same of every task under its name; ``per_image``; and the settings used.

    Raises:
        ValueError: For files that the protocol's reference script rejects, saying where and why.
    """
    return score_files(gt_path, det_path, protocol, task, rules, lexicon).summary()
