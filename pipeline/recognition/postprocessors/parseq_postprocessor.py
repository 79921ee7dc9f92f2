"""From class probabilities per step to texts and scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mmengine.structures import LabelData
from mmocr.models.textrecog.postprocessors.base import BaseTextRecogPostprocessor
from mmocr.structures import TextRecogDataSample
from torch import Tensor

from pipeline.registry import MODELS


@MODELS.register_module()
class PARSeqPostprocessor(BaseTextRecogPostprocessor):
    """Convert the decoder's probabilities to texts and scores.

    Sets ``pred_text`` of each sample, with the fields

    - ``item``: the text before the first EOS;
    - ``score``: a list with the probability of each character, as from MMOCR's sequence decoders;
    - ``word_score``: the product of these probabilities and that of EOS, if EOS was predicted, in
      [0, 1]. It is the model's probability of the text. It is also defined for empty texts.

    Args:
        temperature: Temperature for calibration (Guo et al., ICML 2017, arXiv 1706.04599). Scores
            are computed from logits divided by it. Values above 1 lower the scores of an
            overconfident model. The texts do not change.
        **kwargs: Arguments of MMOCR's ``BaseTextRecogPostprocessor``.

    Raises:
        ValueError: If the temperature is not positive.
    """

    def __init__(self, *args: Any, temperature: float = 1.0, **kwargs: Any) -> None:
        if temperature <= 0:
            raise ValueError(f'temperature must be positive, got {temperature}.')
        super().__init__(*args, **kwargs)
        self.temperature = temperature

    def read_word(self, indexes: list[int], scores: list[float]) -> LabelData:
        """Convert the greedy classes of one word up to EOS.

        Args:
            indexes: Most probable class of each step.
            scores: Probability of each of these classes.

        Returns:
            ``item``, ``score`` and ``word_score``.
        """
        kept, char_scores, word_score = [], [], 1.0
        for index, score in zip(indexes, scores):
            if index == self.dictionary.end_idx:
                word_score *= score
                break
            if index in self.ignore_indexes:
                continue
            kept.append(index)
            char_scores.append(score)
        word_score *= math.prod(char_scores)
        return LabelData(
            item=self.dictionary.idx2str(kept), score=char_scores, word_score=word_score
        )

    def __call__(
        self, probs: Tensor, data_samples: Sequence[TextRecogDataSample]
    ) -> Sequence[TextRecogDataSample]:
        """Set ``pred_text`` of each sample.

        Args:
            probs: (N, T, L) probabilities.
            data_samples: N samples.

        Returns:
            The same samples.
        """
        scores, indexes = self._tempered(probs.detach()).max(-1)
        for data_sample, word_indexes, word_scores in zip(
            data_samples, indexes.tolist(), scores.tolist()
        ):
            data_sample.pred_text = self.read_word(word_indexes, word_scores)
        return data_samples

    def _tempered(self, probs: Tensor) -> Tensor:
        if self.temperature == 1:
            return probs
        return (probs.clamp_min(1e-30).log() / self.temperature).softmax(-1)
