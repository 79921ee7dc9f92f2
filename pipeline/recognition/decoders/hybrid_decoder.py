from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from pipeline.recognition.language import SYMBOL, LetterNgrams, letter_index, search_prefixes
from pipeline.registry import MODELS, TASK_UTILS

from .parseq_decoder import FeatureFusion, PARSeqDecoder

_READERS = ('parseq', 'ctc')


@MODELS.register_module()
class HybridDecoder(PARSeqDecoder):
    """A PARSeq decoder whose encoder also learns by CTC, and that can read either way.

    An attention decoder finds out where characters are only after it has seen very many
    words. CTC (Graves et al., ICML 2006) has the order of columns built in, and its gradient
    teaches the encoder to read long before attention does; sharing one encoder between both is
    hybrid CTC/attention training (Watanabe et al., IEEE JSTSP 2017). The CTC head is one linear
    layer on the tokens averaged over the rows of the grid; BOS, which is never predicted, is
    its blank. Late fusion goes before both classifiers, so that either reader has the scene.

    Args:
        grid_size: (rows, columns) of the encoder's tokens.
        ctc_weight: Weight of the CTC loss beside the permutation language model's.
        finds_gaps: Learn where words part in crops that hold several, whose texts have spaces
            (``SceneWordsDataset(join_prob=...)``), and name these places when reading:
            ``pred_text.gaps``, in shares of the crop's width from its left. PAD, which is never
            predicted either, is the gap's class. PARSeq's own loss leaves such texts out where
            the dictionary has no space and ``unknown_chars='ignore'``: it reads words.
        reader: ``'parseq'``, or ``'ctc'`` for greedy CTC: one pass, no language model.
        language_model: Config of a :class:`LetterNgrams`, or one that is built: doubtful words
            are read once more with it. CTC and the model propose readings together
            (:func:`search_prefixes`), of which the one stays that PARSeq and the model find likely
            together, case as PARSeq sees it. It costs no training. With None, words are read
            by what is seen alone.
        language_weight: What the model's log probabilities count beside the reader's.
        doubtful_below: Words of a lower ``word_score`` are doubtful. That of a word read once more
            is its share among the readings proposed, times the probability that one of these is
            right, by PARSeq from left to right; its characters' scores are of that pass too.
        **kwargs: Of :class:`PARSeqDecoder`.

    Raises:
        ValueError: If ``reader`` is neither, gaps are to be found by a dictionary that writes them
            as characters, a language model is to help CTC alone or with a dictionary that has an
            unknown token, its weight is negative, or ``doubtful_below`` not in [0, 1].
    """

    def __init__(
        self,
        grid_size: Sequence[int],
        ctc_weight: float = 1.0,
        finds_gaps: bool = False,
        reader: str = 'parseq',
        language_model: dict[str, Any] | LetterNgrams | None = None,
        language_weight: float = 0.4,
        doubtful_below: float = 0.9,
        **kwargs: Any,
    ) -> None:
        if reader not in _READERS:
            raise ValueError(f'reader must be one of {_READERS}, got {reader!r}.')
        super().__init__(**kwargs)
        self.grid_size = (grid_size[0], grid_size[1])
        self.ctc_weight = ctc_weight
        self.reader = reader
        if finds_gaps and ' ' in self.dictionary.dict:
            raise ValueError('finds_gaps wants a dictionary without a space, this one has one.')
        self.finds_gaps = finds_gaps
        if language_weight < 0 or not 0 <= doubtful_below <= 1:
            raise ValueError(
                'language_weight must be at least 0 and doubtful_below in [0, 1], got '
                f'{language_weight} and {doubtful_below}.'
            )
        self.language_model = (
            TASK_UTILS.build(language_model) if isinstance(language_model, dict) else language_model
        )
        self.language_weight = language_weight
        self.doubtful_below = doubtful_below
        self.letters = [
            letter_index(char) if len(char) == 1 else SYMBOL for char in self.dictionary.dict
        ]
        special = self.dictionary
        self.unwritten = {special.start_idx, special.end_idx, special.padding_idx}
        self.ctc_head = nn.Linear(self.embed_dim, self.dictionary.num_classes)

    @property
    def language_model(self) -> LetterNgrams | None:
        """What doubtful words are read once more with; it can be set between readings."""
        return self._language_model

    @language_model.setter
    def language_model(self, language_model: LetterNgrams | None) -> None:
        if language_model is not None and self.reader != 'parseq':
            raise ValueError(
                f"language_model wants reader='parseq', got {self.reader!r}: it chooses among "
                'readings that CTC proposes and PARSeq judges.'
            )
        if language_model is not None and self.dictionary.unknown_idx is not None:
            raise ValueError(
                'language_model wants a dictionary of characters alone: with_unknown=False.'
            )
        self._language_model = language_model

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
            ValueError: If gaps are to be learned and PARSeq's loss does not leave out texts with
                spaces.
        """
        if self.finds_gaps and self.module_loss.unknown_chars != 'ignore':
            raise ValueError(
                "finds_gaps wants module_loss.unknown_chars='ignore', which leaves texts of "
                f'several words to CTC; got {self.module_loss.unknown_chars!r}.'
            )
        losses = super().loss(feat, out_enc, data_samples, fuse_features)
        labels = [self._ctc_label(sample) for sample in data_samples]
        log_probs = self.classify_columns(out_enc, fuse_features).float()
        log_probs = log_probs.log_softmax(-1)  # (N, columns, L)
        lengths = torch.tensor([len(label) for label in labels])
        loss = F.ctc_loss(
            log_probs.transpose(0, 1),
            torch.cat(labels).to(log_probs.device),
            torch.full((len(labels),), log_probs.size(1)),
            lengths,
            blank=self.dictionary.start_idx,
            reduction='none',
            zero_infinity=True,  # a word longer than its columns allow teaches nothing
        )
        # Words that a policy left out have no characters; they are not blank.
        loss = loss.masked_fill((lengths == 0).to(loss.device), 0.0)
        # By character, as the other loss is.
        losses['loss_ctc'] = self.ctc_weight * loss.sum() / max(int(lengths.sum()), 1)
        return losses

    def predict(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> Sequence[TextRecogDataSample]:
        """Samples with ``pred_text``; see ``PARSeqPostprocessor`` for its fields.

        With ``finds_gaps`` there are ``gaps`` too: middles of the gaps between words, in shares of
        the crop's width from its left, rising.
        """
        language_model = self.language_model
        if self.reader == 'parseq':
            data_samples = super().predict(feat, out_enc, data_samples, fuse_features)
            if not self.finds_gaps and language_model is None:
                return data_samples
        log_probs = self.classify_columns(out_enc, fuse_features).float().log_softmax(-1)
        if language_model is not None:
            self._read_again(language_model, out_enc, data_samples, log_probs, fuse_features)
        scores, classes = (best.tolist() for best in log_probs.exp().max(-1))
        for sample, path, path_scores in zip(data_samples, classes, scores):
            if self.reader == 'ctc':
                sample.pred_text = self._collapse(path, path_scores)
            if self.finds_gaps:
                sample.pred_text.gaps = self._find_gaps(path)
        return data_samples

    def _read_again(
        self,
        language_model: LetterNgrams,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        log_probs: Tensor,
        fuse_features: FeatureFusion | None,
    ) -> None:
        """Change ``pred_text`` of doubtful words to what is likely with the language model too."""
        rows = [
            row
            for row, sample in enumerate(data_samples)
            if sample.pred_text.word_score < self.doubtful_below
        ]
        if not rows:
            return
        proposed = [
            self._propose(language_model, data_samples[row].pred_text.item, columns)
            for row, columns in zip(rows, log_probs[rows].cpu().numpy())
        ]
        index = torch.tensor(rows, device=out_enc.device)
        seen = self.score_readings(
            self.project_memory(out_enc[index]),
            self._stack(proposed).to(out_enc.device),
            None if fuse_features is None else _fuse_some(fuse_features, index, len(out_enc)),
            getattr(self.postprocessor, 'temperature', 1.0),
        ).cpu()  # (n, K, M + 1)
        language = pad_sequence(
            [
                torch.tensor([language_model.log_prob(self.dictionary.idx2str(r)) for r in some])
                for some in proposed
            ],
            batch_first=True,
        )  # (n, K)
        counts = torch.tensor([len(some) for some in proposed])
        missing = torch.arange(seen.size(1)) >= counts[:, None]
        whole = seen.sum(-1).masked_fill(missing, -math.inf)
        shares, best = (whole + self.language_weight * language).softmax(-1).max(-1)
        scores = shares * whole.logsumexp(-1).exp().clamp(max=1)
        for i, (row, k, score) in enumerate(zip(rows, best.tolist(), scores.tolist())):
            reading = proposed[i][k]
            data_samples[row].pred_text = LabelData(
                item=self.dictionary.idx2str(reading),
                score=seen[i, k, : len(reading)].exp().tolist(),
                word_score=score,
            )

    def _stack(self, proposed: Sequence[Sequence[Sequence[int]]]) -> Tensor:
        """Readings of each crop as (n, K, M) classes; PAD behind them and in place of missing."""
        pad = self.dictionary.padding_idx
        flat = [torch.tensor(reading, dtype=torch.long) for some in proposed for reading in some]
        stacked = pad_sequence(flat, batch_first=True, padding_value=pad)
        return pad_sequence(
            stacked.split([len(some) for some in proposed]), batch_first=True, padding_value=pad
        )

    def _propose(
        self, language_model: LetterNgrams, text: str, log_probs: np.ndarray
    ) -> list[list[int]]:
        """The reading at hand, as long as may be, and what CTC and the language model find.

        None comes twice. Nothing is no reading, unless it is the one at hand.
        """
        found = search_prefixes(
            log_probs,
            sorted(self.unwritten),
            self.letters,
            language_model,
            self.language_weight,
        )
        at_hand = tuple(self.dictionary.str2idx(text))[: self.max_label_length]
        others = [r for r in found if r and len(r) <= self.max_label_length]
        return [list(reading) for reading in dict.fromkeys([at_hand, *others])]

    def _ctc_label(self, sample: TextRecogDataSample) -> Tensor:
        """Classes that CTC is to write; none for a word that the loss's policies leave out."""
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

    def _find_gaps(self, path: list[int]) -> list[float]:
        """Where the gap's class stands between characters, in shares of the columns."""
        gap = self.dictionary.padding_idx
        written = [column for column, index in enumerate(path) if index not in self.unwritten]
        gaps = []
        for before, after in itertools.pairwise(written):
            columns = [column for column in range(before, after) if path[column] == gap]
            if columns:
                gaps.append((columns[0] + columns[-1] + 1) / 2 / len(path))
        return gaps

    def _collapse(self, path: list[int], scores: list[float]) -> LabelData:
        """Greedy CTC: merge repeats, drop blanks; a character's score is its best column's."""
        previous = None
        kept: list[int] = []
        char_scores: list[float] = []
        for index, score in zip(path, scores):
            if index == previous and index not in self.unwritten:
                char_scores[-1] = max(char_scores[-1], score)
            elif index not in self.unwritten:
                kept.append(index)
                char_scores.append(score)
            previous = index
        return LabelData(
            item=self.dictionary.idx2str(kept),
            score=char_scores,
            word_score=math.prod(char_scores) if kept else 0.0,
        )


def _fuse_some(fuse_features: FeatureFusion, index: Tensor, num_crops: int) -> FeatureFusion:
    """A fusion of some of its crops, for it holds the scenes of all."""

    def fuse(features: Tensor) -> Tensor:
        every = features.new_zeros(num_crops, *features.shape[1:])
        return fuse_features(every.index_copy(0, index, features))[index]

    return fuse
