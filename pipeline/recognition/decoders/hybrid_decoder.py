"""PARSeq decoder with an additional CTC head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from pipeline.recognition.ctc_reader import Reading, gaps_without_padding
from pipeline.recognition.decoders.ctc_head import CTCHead
from pipeline.recognition.decoders.parseq_decoder import FeatureFusion, PARSeqDecoder
from pipeline.recognition.decoders.parseq_scoring import score_readings
from pipeline.recognition.language import LanguageModelRescorer, LetterNgrams
from pipeline.registry import MODELS, TASK_UTILS

_READERS = ('parseq', 'ctc')


@MODELS.register_module()
class HybridDecoder(PARSeqDecoder):
    """PARSeq decoder and CTC head on the same encoder. Either can decode.

    The attention decoder needs many words until it learns where characters are. CTC (Graves et
    al., ICML 2006) is monotonic, so its gradient trains the encoder much earlier. Training both
    with one encoder is hybrid CTC/attention training (Watanabe et al., IEEE JSTSP 2017). The CTC
    head classifies the mean of each column of tokens. Its blank is BOS, which PARSeq never
    predicts. Late fusion applies before both classifiers.

    Args:
        grid_size: (rows, columns) of the encoder's tokens.
        finds_gaps: Whether to train the CTC head on crops of several words, whose texts contain
            spaces, and to return the word gaps as ``pred_text.gaps``. The class of a gap is PAD,
            which PARSeq never predicts. PARSeq's loss must leave out texts with spaces, which
            requires a dictionary without space and ``unknown_chars='ignore'``.
        reader: ``'parseq'``, or ``'ctc'`` for greedy CTC decoding in one pass.
        language_model: :class:`LetterNgrams` or its config, for rescoring of low-confidence words
            (:class:`LanguageModelRescorer`) with PARSeq's scores of the hypotheses. Rescoring
            needs no training. None disables it.
        lm_weight: Weight of the language model's log probabilities.
        rescore_below: Words with ``word_score`` below this are rescored.
        **kwargs: Arguments of :class:`PARSeqDecoder`.

    Raises:
        ValueError: If ``reader`` is unknown, ``finds_gaps`` is combined with a dictionary that
            contains the space, or the language model does not fit (see
            :class:`LanguageModelRescorer`).
    """

    def __init__(
        self,
        grid_size: Sequence[int],
        finds_gaps: bool = False,
        reader: str = 'parseq',
        language_model: dict[str, Any] | LetterNgrams | None = None,
        lm_weight: float = 0.4,
        rescore_below: float = 0.9,
        **kwargs: Any,
    ) -> None:
        if reader not in _READERS:
            raise ValueError(f'reader must be one of {_READERS}, got {reader!r}.')
        super().__init__(**kwargs)
        self.grid_size = (grid_size[0], grid_size[1])
        self.reader = reader
        if finds_gaps and ' ' in self.dictionary.dict:
            raise ValueError('finds_gaps requires a dictionary without a space.')
        self.finds_gaps = finds_gaps
        special = self.dictionary
        self.ctc_head = CTCHead(
            self.embed_dim,
            special,
            blank=special.start_idx,
            word_break=special.padding_idx if finds_gaps else None,
            unwritten=(special.end_idx, special.padding_idx),
        )
        self.rescorer = LanguageModelRescorer(
            special.dict,
            self.ctc_head.reader.unwritten,
            lm_weight=lm_weight,
            rescore_below=rescore_below,
            max_length=self.max_label_length,
        )
        self.language_model = (
            TASK_UTILS.build(language_model) if isinstance(language_model, dict) else language_model
        )

    @property
    def language_model(self) -> LetterNgrams | None:
        """Language model for rescoring. It can be replaced between calls."""
        return self.rescorer.language_model

    @language_model.setter
    def language_model(self, language_model: LetterNgrams | None) -> None:
        if language_model is not None and self.reader != 'parseq':
            raise ValueError(
                f"language_model requires reader='parseq', got {self.reader!r}: PARSeq scores the "
                'hypotheses that CTC proposes.'
            )
        if language_model is not None and self.dictionary.unknown_idx is not None:
            raise ValueError(
                'language_model requires a dictionary of characters only: with_unknown=False.'
            )
        self.rescorer.language_model = language_model

    def classify_columns(
        self, out_enc: Tensor, fuse_features: FeatureFusion | None = None
    ) -> Tensor:
        """(N, T, D) tokens -> (N, columns, L) CTC logits.

        Raises:
            ValueError: If T is not rows x columns.
        """
        rows, columns = self.grid_size
        if out_enc.size(1) != rows * columns:
            raise ValueError(
                f'grid_size={self.grid_size} has {rows * columns} tokens, got {out_enc.size(1)} '
                "from the encoder. Set decoder.grid_size to the encoder's grid_size."
            )
        features = out_enc.unflatten(1, self.grid_size).mean(1)
        if fuse_features is not None:
            features = fuse_features(features)
        return self.ctc_head(features)

    def loss(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> dict[str, Tensor]:
        """``loss_plm`` and ``loss_ctc``.

        Raises:
            ValueError: If ``finds_gaps`` is set and PARSeq's loss does not leave out texts with
                spaces.
        """
        if self.finds_gaps and self.module_loss.unknown_chars != 'ignore':
            raise ValueError(
                "finds_gaps requires module_loss.unknown_chars='ignore', which leaves texts of "
                f'several words to the CTC head, got {self.module_loss.unknown_chars!r}.'
            )
        losses = super().loss(feat, out_enc, data_samples, fuse_features)
        labels = [self._ctc_label(sample) for sample in data_samples]
        logits = self.classify_columns(out_enc, fuse_features)
        losses['loss_ctc'] = self.ctc_head.loss(logits, labels)
        return losses

    def predict(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> Sequence[TextRecogDataSample]:
        """Set ``pred_text`` of each sample; see ``PARSeqPostprocessor`` for its fields.

        With ``finds_gaps`` it also contains ``gaps``: centres of the word gaps as fractions of the
        crop width from the left, in increasing order. Gaps in the padding of a crop are dropped.
        """
        if self.reader == 'parseq':
            data_samples = super().predict(feat, out_enc, data_samples, fuse_features)
            if not self.finds_gaps and self.language_model is None:
                return data_samples
        log_probs = self.classify_columns(out_enc, fuse_features).float().log_softmax(-1)
        valid_ratios = [sample.get('valid_ratio', 1.0) for sample in data_samples]
        if self.reader == 'ctc':
            for sample, label in zip(data_samples, self.ctc_head.read(log_probs, valid_ratios)):
                sample.pred_text = label
            return data_samples
        readings = [
            Reading(text.item, list(text.score), text.word_score)
            for text in (sample.pred_text for sample in data_samples)
        ]

        def score(rows: list[int], hypotheses: list[list[list[int]]]) -> np.ndarray:
            scores = self._score_hypotheses(rows, hypotheses, out_enc, fuse_features)
            return scores.detach().float().cpu().numpy()

        columns = log_probs.detach().cpu().numpy()
        for row, reading in self.rescorer.rescore(readings, columns, score).items():
            data_samples[row].pred_text = LabelData(
                item=reading.text, score=reading.char_scores, word_score=reading.score
            )
        if self.finds_gaps:
            paths = log_probs.argmax(-1).tolist()
            for sample, path, valid_ratio in zip(data_samples, paths, valid_ratios):
                gaps = self.ctc_head.reader.find_gaps(path)
                sample.pred_text.gaps = gaps_without_padding(gaps, valid_ratio)
        return data_samples

    def _score_hypotheses(
        self,
        rows: list[int],
        hypotheses: list[list[list[int]]],
        out_enc: Tensor,
        fuse_features: FeatureFusion | None,
    ) -> Tensor:
        """PARSeq's left-to-right log probabilities (n, K, M + 1)."""
        index = torch.tensor(rows, device=out_enc.device)
        return score_readings(
            self,
            self.project_memory(out_enc[index]),
            self._stack(hypotheses).to(out_enc.device),
            None if fuse_features is None else _fuse_some(fuse_features, index, len(out_enc)),
            getattr(self.postprocessor, 'temperature', 1.0),
        )

    def _stack(self, hypotheses: list[list[list[int]]]) -> Tensor:
        """(n, K, M) classes, padded with PAD."""
        pad = self.dictionary.padding_idx
        flat = [torch.tensor(h, dtype=torch.long) for some in hypotheses for h in some]
        stacked = pad_sequence(flat, batch_first=True, padding_value=pad)
        return pad_sequence(
            stacked.split([len(some) for some in hypotheses]), batch_first=True, padding_value=pad
        )

    def _ctc_label(self, sample: TextRecogDataSample) -> Tensor:
        """Target classes of CTC. Empty for words that a policy of the loss leaves out."""
        text = sample.gt_text.item
        if not self.finds_gaps or ' ' not in text:
            return sample.gt_text.indexes
        label: list[int] = []
        for word in text.split():
            indexes = self.module_loss.encode_text(word)
            if indexes is None:
                return sample.gt_text.indexes[:0]
            label += [self.dictionary.padding_idx, *indexes] if label else indexes
        return torch.tensor(label, dtype=torch.long)


def _fuse_some(fuse_features: FeatureFusion, index: Tensor, num_crops: int) -> FeatureFusion:
    """Restrict a late fusion, which requires features of all crops, to the crops of ``index``."""

    def fuse(features: Tensor) -> Tensor:
        every = features.new_zeros(num_crops, *features.shape[1:])
        return fuse_features(every.index_copy(0, index, features))[index]

    return fuse
