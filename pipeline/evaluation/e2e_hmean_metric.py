"""End-to-end spotting scores as an MMEngine metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.evaluator import BaseMetric

from pipeline.evaluation.image_names import image_key_of_path
from pipeline.evaluation.lexicon_files import read_lexicon
from pipeline.evaluation.lexicon_rules import (
    LexiconLevel,
    LexiconRuleName,
    apply_lexicon,
    lexicon_rule,
)
from pipeline.evaluation.protocols import PROTOCOLS, Protocol
from pipeline.evaluation.sample_words import (
    LINE_FORMATS,
    LineFormat,
    gt_words,
    predicted_lines,
    words_of_lines,
)
from pipeline.evaluation.scoring import ScoringRules, Task, score_images
from pipeline.evaluation.submission_zip import write_submission
from pipeline.evaluation.transcription import StripRule
from pipeline.evaluation.words import Words
from pipeline.registry import METRICS


@METRICS.register_module()
class E2EHmeanMetric(BaseMetric):
    """Detection, end-to-end and word-spotting scores by the ICDAR protocols.

    Reported keys are ``e2e/none_hmean``, ``spotting/none_hmean``, ``detection/hmean``, the first
    two for every lexicon given (``e2e/strong_hmean``), and the same with ``precision``, ``recall``
    and, with ``confidences``, ``ap``. Every word counts and no threshold is searched for:
    predictions below ``min_score`` are dropped, the rest is written as lines of a submission, read
    back, and scored once, as ``tools/evaluate.py`` scores the same lines from files.

    Args:
        protocol: ``icdar2015`` or ``icdar2013`` compare whole-number quads, ``totaltext`` compares
            polygons to the hundredth of a pixel.
        lexicons: Level (``strong``, ``weak``, ``generic``, ``full``) -> path of the lexicon. Strong
            lists are found by the number in the photo's name, or by the name.
        lexicon_rule: Whose way of using a lexicon; see :func:`lexicon_rule`.
        line_format: ``quad``, ``ltrb`` (upright boxes, for ICDAR 2013's ground truth as published)
            or ``polygon``; the protocol's own where None.
        min_score: Drop predictions whose ``scores`` lie below it.
        confidences: Order predictions by ``scores * text_scores``, how sure it is that a word is
            there and reads so, compute average precision, and
            write confidences into the submission.
        submission: Zip to write, ready to submit: ``res_img_N.txt`` a photo, ``res_NAME.txt`` where
            photos have no numbers.
        iou: A pair's IoU must exceed it.
        area_precision: A prediction with more than this share in one ignored word is left out.
        strip: Which outer punctuation is forgiven; see :func:`texts_match`.
        min_length: Shorter gt words are don't-care in word spotting.
        collect_device: ``cpu`` or ``gpu``.
        prefix: Put before the keys; they carry their task already, so none by default.

    Raises:
        ValueError: If the protocol or the line format is unknown, or a lexicon is not there.
    """

    default_prefix: str | None = ''

    def __init__(
        self,
        protocol: Protocol = 'icdar2015',
        lexicons: Mapping[LexiconLevel, str] | None = None,
        lexicon_rule: LexiconRuleName = 'adelaidet',
        line_format: LineFormat | None = None,
        min_score: float = 0.0,
        confidences: bool = False,
        submission: str | None = None,
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
        line_format = line_format or ('polygon' if protocol == 'totaltext' else 'quad')
        if line_format not in LINE_FORMATS:
            raise ValueError(f'line_format must be one of {LINE_FORMATS}, got {line_format!r}.')
        self.protocol = protocol
        self.line_format: LineFormat = line_format
        self.lexicons = {
            level: read_lexicon(path, level) for level, path in (lexicons or {}).items()
        }
        self.lexicon_rule = lexicon_rule
        self.min_score = min_score
        self.submission = submission
        self.rules = ScoringRules(
            iou=iou,
            area_precision=area_precision,
            strip=strip,
            min_length=min_length,
            confidences=confidences,
        )

    def process(self, data_batch: Any, data_samples: Sequence[Any]) -> None:
        """Keep the words of each photo of a batch.

        Args:
            data_batch: Not used.
            data_samples: Dictionaries or data samples with ``gt_instances``: ``polygons``,
                ``texts``, ``ignored``; ``pred_instances``: ``polygons``, ``texts`` and, where
                ``min_score`` or confidences are used, ``scores``; and ``img_path`` where lexicons
                are strong or a submission is written.
        """
        for sample in data_samples:
            name = image_key_of_path(sample.get('img_path') or '')
            gt = gt_words(sample.get('gt_instances'), self.line_format)
            lines = predicted_lines(
                sample.get('pred_instances'),
                self.line_format,
                self.min_score,
                self.rules.confidences,
            )
            self.results.append((name, gt, lines))

    def compute_metrics(self, results: list[tuple[str, Words, list[str]]]) -> dict[str, float]:
        """Score all photos, and write the submission where one is wanted.

        Args:
            results: Name, gt words and lines of the predicted words of each photo.

        Returns:
            Precision, recall and hmean of every task and lexicon.
        """
        if self.submission:
            write_submission(Path(self.submission), [(name, lines) for name, _, lines in results])
        # Photos may share a name (or have none), so they are told apart by their place.
        names = {str(i): name for i, (name, _, _) in enumerate(results)}
        gt = {str(i): words for i, (_, words, _) in enumerate(results)}
        det = {
            str(i): words_of_lines(lines, self.line_format, self.rules.confidences)
            for i, (_, _, lines) in enumerate(results)
        }
        metrics = self._score('none', gt, det, ('detection', 'e2e', 'spotting'))
        rule = lexicon_rule(self.lexicon_rule, curved=self.protocol == 'totaltext')
        for level, lexicon in self.lexicons.items():

            def of_photo(place: str, lexicon_of=lexicon):
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
            keys = ('precision', 'recall', 'hmean') + (('ap',) if self.rules.confidences else ())
            for key in keys:
                metrics[name + key] = getattr(result.score, key)
        return metrics
