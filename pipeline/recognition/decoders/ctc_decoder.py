"""Decoder with only a CTC head: classifies all columns at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmocr.models.common.dictionary import Dictionary
from mmocr.models.textrecog.decoders import BaseDecoder
from mmocr.registry import TASK_UTILS
from mmocr.structures import TextRecogDataSample
from torch import Tensor

from pipeline.recognition.decoders.ctc_head import CTCHead
from pipeline.recognition.decoders.parseq_decoder import FeatureFusion
from pipeline.recognition.language import LanguageModelRescorer, LetterNgrams
from pipeline.recognition.language.rescorer import read_ctc
from pipeline.registry import MODELS


@MODELS.register_module()
class CTCDecoder(BaseDecoder):
    """Classifies the encoder's tokens by CTC, as the PP-OCRv6 recognizers do.

    A space in the dictionary separates words: its columns tell the spotter where to split a
    crop that holds several words (``pred_text.gaps``).

    Args:
        dictionary: MMOCR dictionary with a padding token, which is the CTC blank.
        embed_dim: Width D of the encoder's tokens.
        language_model: Config of a :class:`LetterNgrams`, or one that is built: uncertain words
            are rescored with it (:class:`LanguageModelRescorer`). None reads by the image only.
        lm_weight: Weight of the language model's log probabilities.
        rescore_below: Words with ``word_score`` below this are rescored.
        init_cfg: MMEngine initialization config.

    Raises:
        ValueError: If the dictionary has no padding token, or the language model does not fit.
    """

    def __init__(
        self,
        dictionary: dict | Dictionary,
        embed_dim: int,
        language_model: dict[str, Any] | LetterNgrams | None = None,
        lm_weight: float = 0.4,
        rescore_below: float = 0.9,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if not isinstance(dictionary, Dictionary):
            dictionary = TASK_UTILS.build(dictionary)
        if dictionary.padding_idx is None:
            raise ValueError(
                'CTCDecoder requires a padding token, which is the CTC blank. Set '
                'with_padding=True in the dictionary.'
            )
        super().__init__(dictionary=dictionary, init_cfg=init_cfg)
        self.embed_dim = embed_dim
        self.head = CTCHead(
            embed_dim,
            dictionary,
            blank=dictionary.padding_idx,
            word_break=dictionary.dict.index(' ') if ' ' in dictionary.dict else None,
            unwritten=[
                index
                for index in (dictionary.start_idx, dictionary.end_idx, dictionary.unknown_idx)
                if index is not None
            ],
        )
        self.rescorer = LanguageModelRescorer(
            dictionary.dict, self.head.reader.unwritten, None, lm_weight, rescore_below
        )
        self.language_model = (
            TASK_UTILS.build(language_model) if isinstance(language_model, dict) else language_model
        )

    @property
    def language_model(self) -> LetterNgrams | None:
        """Model that uncertain words are rescored with; it can be replaced between readings."""
        return self.rescorer.language_model

    @language_model.setter
    def language_model(self, language_model: LetterNgrams | None) -> None:
        if language_model is not None and self.dictionary.unknown_idx is not None:
            raise ValueError(
                'language_model requires a dictionary of characters only: with_unknown=False.'
            )
        self.rescorer.language_model = language_model

    def classify(self, out_enc: Tensor, fuse_features: FeatureFusion | None = None) -> Tensor:
        """(N, T, D) tokens -> (N, T, L) logits, by way of the late fusion if there is one."""
        return self.head(out_enc if fuse_features is None else fuse_features(out_enc))

    def forward(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample] | None = None,
        fuse_features: FeatureFusion | None = None,
    ) -> Tensor:
        """(N, T, L): logits in training, probabilities otherwise."""
        logits = self.classify(out_enc, fuse_features)
        return logits if self.training else logits.softmax(-1)

    def loss(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> dict[str, Tensor]:
        """``loss_ctc`` of a batch.

        Texts with characters outside the dictionary add nothing to the loss.
        """
        labels = [self.encode_text(sample.gt_text.item) for sample in data_samples]
        return {'loss_ctc': self.head.loss(self.classify(out_enc, fuse_features), labels)}

    def predict(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> Sequence[TextRecogDataSample]:
        """Samples with ``pred_text``; see :meth:`CTCHead.to_pred_text` for its fields."""
        log_probs = (
            self.classify(out_enc, fuse_features).float().log_softmax(-1).detach().cpu().numpy()
        )
        readings = read_ctc(self.head.reader, self.rescorer, log_probs)
        for sample, reading in zip(data_samples, readings):
            valid = reading.without_padding(sample.get('valid_ratio', 1.0))
            sample.pred_text = self.head.to_pred_text(valid)
        return data_samples

    def encode_text(self, text: str) -> Tensor:
        """Classes of a text; none if it has characters outside the dictionary."""
        indexes = [self.dictionary.char2idx(char, strict=False) for char in text]
        unknown = None in indexes or self.dictionary.unknown_idx in indexes
        return torch.tensor([] if unknown else indexes, dtype=torch.long)
