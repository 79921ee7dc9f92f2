"""End-to-end spotting scores as an MMEngine metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from pipeline.registry import METRICS

from .lexicon_files import read_lexicon
from .lexicon_rules import LexiconLevel, LexiconRuleName, apply_lexicon, lexicon_rule
from .photo_names import photo_key_of_path
from .protocols import PROTOCOLS, Protocol
from .scoring import ScoringRules, Task, score_images
from .submission_lines import submission_quad
from .transcription import StripRule
from .words import Words


@METRICS.register_module()
class E2EHmeanMetric(BaseMetric):
    """Detection, end-to-end and word-spotting scores by the ICDAR protocols.

    Reported keys are ``e2e/none_hmean``, ``spotting/none_hmean``, ``detection/hmean``, the first
    two for every lexicon given (``e2e/strong_hmean``), and the same with ``precision`` and
    ``recall``. Every word counts and no threshold is searched for: predictions below ``min_score``
    are dropped, the rest is scored once, as ``tools/evaluate.py`` scores it from files.

    Args:
        protocol: ``icdar2015`` or ``icdar2013`` compare whole-number quads, ``totaltext`` compares
            polygons as they are.
        lexicons: Level (``strong``, ``weak``, ``generic``, ``full``) -> path of the lexicon. Strong
            lists are found by the number in the photo's name, or by the name.
        lexicon_rule: Whose way of using a lexicon; see :func:`lexicon_rule`.
        min_score: Drop predictions whose ``scores`` lie below it.
        iou: A pair's IoU must exceed it.
        area_precision: A prediction with more than this share in one ignored word is left out.
        strip: Which outer punctuation is forgiven; see :func:`texts_match`.
        min_length: Shorter gold words are don't-care in word spotting.
        collect_device: ``cpu`` or ``gpu``.
        prefix: Put before the keys; they carry their task already, so none by default.
    """

    default_prefix: str | None = ''

    def __init__(
        self,
        protocol: Protocol = 'icdar2015',
        lexicons: Mapping[LexiconLevel, str] | None = None,
        lexicon_rule: LexiconRuleName = 'adelaidet',
        min_score: float = 0.0,
        iou: float = 0.5,
        area_precision: float = 0.5,
        strip: StripRule = 'edge',
        min_length: int = 3,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if protocol not in PROTOCOLS:
            raise ValueError(f'protocol must be one of {", ".join(PROTOCOLS)}, got {protocol!r}.')
        self.protocol = protocol
        self.lexicons = {
            level: read_lexicon(path, level) for level, path in (lexicons or {}).items()
        }
        self.lexicon_rule = lexicon_rule
        self.min_score = min_score
        self.rules = ScoringRules(
            iou=iou, area_precision=area_precision, strip=strip, min_length=min_length
        )

    def process(self, data_batch: Any, data_samples: Sequence[Any]) -> None:
        """Keep the words of each photo of a batch.

        Args:
            data_batch: Not used.
            data_samples: Dictionaries or data samples with ``gt_instances``: ``polygons``,
                ``texts``, ``ignored``; ``pred_instances``: ``polygons``, ``texts`` and, where
                ``min_score`` is set, ``scores``; and ``img_path`` where lexicons are strong.
        """
        for sample in data_samples:
            name = photo_key_of_path(sample.get('img_path') or '')
            gt = self._words(sample.get('gt_instances'))
            det = self._words(sample.get('pred_instances'), self.min_score)
            self.results.append((name, gt, det))

    def compute_metrics(self, results: list[tuple[str, Words, Words]]) -> dict[str, float]:
        """Score all photos.

        Args:
            results: Name, gold words and predicted words of each photo.

        Returns:
            Precision, recall and hmean of every task and lexicon.
        """
        # Photos may share a name (or have none), so they are told apart by their place.
        names = {str(i): name for i, (name, _, _) in enumerate(results)}
        gt = {str(i): words for i, (_, words, _) in enumerate(results)}
        det = {str(i): words for i, (_, _, words) in enumerate(results)}
        metrics = self._score('none', gt, det, ('detection', 'e2e', 'spotting'))
        rule = lexicon_rule(self.lexicon_rule, curved=self.protocol == 'totaltext')
        for level, lexicon_of in self.lexicons.items():

            def of_photo(place: str, lexicon_of=lexicon_of):
                return lexicon_of(names[place])

            corrected = apply_lexicon(det, of_photo, rule, level)
            metrics |= self._score(level, gt, corrected, ('e2e', 'spotting'))
        return metrics

    def _score(
        self,
        level: str,
        gt: Mapping[str, Words],
        det: Mapping[str, Words],
        tasks: Sequence[Task],
    ) -> dict[str, float]:
        metrics = {}
        for task, result in score_images(gt, det, self.rules, tasks).items():
            name = 'detection/' if task == 'detection' else f'{task}/{level}_'
            for key in ('precision', 'recall', 'hmean'):
                metrics[name + key] = getattr(result.score, key)
        return metrics

    def _words(self, instances: Any, min_score: float = 0.0) -> Words:
        polygons = [self._polygon(p) for p in instances.get('polygons')]
        texts = [_plain_text(t) for t in instances.get('texts')]
        ignored = instances.get('ignored')
        words = Words(
            polygons, texts, ignored=[] if ignored is None else [bool(flag) for flag in ignored]
        )
        if min_score <= 0:
            return words
        scores = [float(score) for score in instances.get('scores')]
        return words.take([i for i, score in enumerate(scores) if score >= min_score])

    def _polygon(self, flat: Any) -> np.ndarray:
        polygon = np.asarray(flat, dtype=np.float32).reshape(-1, 2).astype(np.float64)
        return polygon if self.protocol == 'totaltext' else submission_quad(polygon)


def _plain_text(text: Any) -> str:
    """MMOCR's recognizers give a text as ``LabelData`` or ``[text]``; a plain one passes."""
    if isinstance(text, (list, tuple)):
        return text[0] if text else ''
    return getattr(text, 'item', text)
