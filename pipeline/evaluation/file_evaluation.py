"""Score prediction files against ground-truth files: what ``tools/evaluate.py`` runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .lexicon_files import read_lexicon
from .lexicon_rules import LexiconLevel, LexiconRuleName, apply_lexicon, lexicon_rule
from .protocols import Protocol, load_words
from .scoring import TASKS, ScoringRules, Task, score_images
from .summary import evaluation_summary


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
    if task not in TASKS:
        raise ValueError(f'task must be one of {", ".join(TASKS)}, got {task!r}.')
    # The ICDAR script stops at a gold word without text, Total-Text's count it as misread.
    rules = rules or ScoringRules(reject_empty_gold=protocol != 'totaltext')
    gt, det = load_words(gt_path, det_path, protocol, rules.confidences)
    if lexicon:
        rule = lexicon_rule(lexicon.rule, curved=protocol == 'totaltext')
        det = apply_lexicon(det, read_lexicon(lexicon.path, lexicon.level), rule, lexicon.level)
    return {
        'calculated': True,
        'message': '',
        'protocol': protocol,
        'task': task,
        'rules': asdict(rules),
        'lexicon': asdict(lexicon) if lexicon else None,
    } | evaluation_summary(score_images(gt, det, rules), task)
