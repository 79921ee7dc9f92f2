"""Detection, end-to-end and word-spotting scores as an MMEngine metric."""

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

    The metric writes the predictions as lines of a submission, reads the lines back and scores
    them. ``clipter evaluate`` therefore gives the same scores for the same lines in files. The
    metric does not search for the best score threshold, unlike MMOCR's metrics.

    Keys: ``detection/hmean``, and ``e2e/LEVEL_hmean`` and ``spotting/LEVEL_hmean`` where LEVEL is
    ``none`` or a level of ``lexicons``. The same keys exist for ``precision``, ``recall`` and, with
    ``confidences``, ``ap``.

    Args:
        protocol: ``icdar2015`` or ``icdar2013``: polygons are compared as whole-number quads.
            ``totaltext``: polygons are compared to the hundredth of a pixel.
        lexicons: Level (``strong``, ``weak``, ``generic``, ``full``) -> path of the lexicon; see
            :func:`read_lexicon`.
        lexicon_rule: Name of the lexicon rule; see :func:`lexicon_rule`.
        line_format: ``quad``, ``ltrb`` (axis-aligned boxes, as in the published ground truth of
            ICDAR 2013) or ``polygon``. None selects the format of the protocol.
        min_score: Lowest ``scores`` of the predictions to keep.
        confidences: Whether to order predictions by ``scores * text_scores``, compute average
            precision and write the confidences into the submission.
        submission: Path of a zip to write, ready to submit, with one ``res_img_N.txt`` per image,
            or ``res_NAME.txt`` for images without a number.
        iou: IoU threshold of a pair. The IoU must be greater.
        area_precision: Largest share of a prediction inside one don't-care word. Predictions with a
            greater share are left out.
        strip: Outer punctuation that may be missing; see :func:`texts_match`.
        min_length: Least length of gt words in word spotting. Shorter words are don't-care.
        collect_device: Device on which MMEngine collects results: ``cpu`` or ``gpu``.
        prefix: Prefix of the keys. The default is empty because the keys contain their task.

    Raises:
        ValueError: If the protocol or the line format is unknown, or a lexicon does not exist.
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
        """Store the words of a batch.

        Args:
            data_batch: Unused.
            data_samples: Dictionaries or data samples with ``gt_instances`` (``polygons``,
                ``texts``, ``ignored``) and ``pred_instances`` (``polygons``, ``texts``; ``scores``
                if ``min_score`` or ``confidences`` is set). A strong lexicon or a submission also
                requires ``img_path``.
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
        """Score all images and write the submission, if requested.

        Args:
            results: Name, gt words and prediction lines of each image.

        Returns:
            The keys described above -> scores.
        """
        if self.submission:
            write_submission(Path(self.submission), [(name, lines) for name, _, lines in results])
        # Images may share a name or have none, so their index identifies them.
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
