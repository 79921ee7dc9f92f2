"""The CTC classifier, loss and greedy decoder."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from mmengine.structures import LabelData
from mmocr.models.common.dictionary import Dictionary
from torch import Tensor, nn


class CTCHead(nn.Linear):
    """Linear classifier of columns with the CTC loss and greedy decoding.

    CTC: Graves et al., ICML 2006. The parameters are those of ``nn.Linear``.

    Args:
        embed_dim: Width D of the columns.
        dictionary: MMOCR dictionary. Its size is the number of classes L.
        blank: Class of the CTC blank.
        word_break: Class that separates words: the space, or a class that is not a character.
            None if there is no such class.
        unwritten: Further classes that are not characters and act as blanks.
    """

    def __init__(
        self,
        embed_dim: int,
        dictionary: Dictionary,
        blank: int,
        word_break: int | None = None,
        unwritten: Iterable[int] = (),
    ) -> None:
        super().__init__(embed_dim, dictionary.num_classes)
        self.dictionary = dictionary
        self.blank = blank
        self.word_break = word_break
        self.unwritten = frozenset({blank, *unwritten})

    def loss(self, logits: Tensor, labels: Sequence[Tensor]) -> Tensor:
        """CTC loss per character, averaged over the batch.

        Args:
            logits: (N, T, L).
            labels: N tensors of classes. The loss of labels that are empty or too long for T
                columns is 0.

        Returns:
            Scalar: the sum of the negative log-likelihoods divided by the number of characters.
        """
        log_probs = logits.float().log_softmax(-1)
        lengths = torch.tensor([len(label) for label in labels])
        losses = F.ctc_loss(
            log_probs.transpose(0, 1),
            torch.cat(list(labels)).to(logits.device),
            torch.full((len(labels),), logits.size(1)),
            lengths,
            blank=self.blank,
            reduction='none',
            zero_infinity=True,
        )
        losses = losses.masked_fill((lengths == 0).to(losses.device), 0.0)
        return losses.sum() / max(int(lengths.sum()), 1)

    def read(self, log_probs: Tensor) -> list[LabelData]:
        """Greedy decoding: the best class of each column, repeats merged, blanks removed.

        Args:
            log_probs: (N, T, L) log probabilities.

        Returns:
            For each crop ``item`` (the text, without leading and trailing spaces), ``score`` (the
            maximum probability among the columns of each character), ``word_score`` (the product
            of ``score``, 0 for an empty text) and, with a ``word_break`` class, ``gaps``.
        """
        scores, classes = (best.tolist() for best in log_probs.exp().max(-1))
        return [self._collapse(*path) for path in zip(classes, scores)]

    def score_hypotheses(
        self, log_probs: Tensor, hypotheses: Sequence[Sequence[Sequence[int]]]
    ) -> Tensor:
        """Log probability of hypotheses, summed over all their CTC paths.

        Args:
            log_probs: (n, T, L) log probabilities.
            hypotheses: n lists of hypotheses as classes.

        Returns:
            (n, K, M): the log probability of each hypothesis, divided equally among its
            characters, because CTC defines no probability per character. Zero after the last
            character and for missing hypotheses.
        """
        counts = [len(some) for some in hypotheses]
        flat = [torch.tensor(text, dtype=torch.long) for some in hypotheses for text in some]
        lengths = torch.tensor([len(text) for text in flat])
        columns = log_probs.repeat_interleave(torch.tensor(counts, device=log_probs.device), 0)
        losses = F.ctc_loss(
            columns.float().transpose(0, 1),
            torch.cat(flat).to(log_probs.device),
            torch.full((len(flat),), log_probs.size(1)),
            lengths,
            blank=self.blank,
            reduction='none',
        )
        shares = -losses.cpu() / lengths.clamp(min=1)
        result = torch.zeros(len(counts), max(counts), max(1, int(lengths.max())))
        for share, length, (word, k) in zip(
            shares.tolist(),
            lengths.tolist(),
            ((word, k) for word, count in enumerate(counts) for k in range(count)),
        ):
            result[word, k, : max(length, 1)] = share
        return result

    def find_gaps(self, path: Sequence[int]) -> list[float]:
        """Centres of the word gaps, as fractions of the crop width from the left.

        Args:
            path: Class of each column.
        """
        others = self.unwritten | {self.word_break}
        nonblank = [column for column, index in enumerate(path) if index not in others]
        gaps = []
        for before, after in itertools.pairwise(nonblank):
            columns = [c for c in range(before, after) if path[c] == self.word_break]
            if columns:
                gaps.append((columns[0] + columns[-1] + 1) / 2 / len(path))
        return gaps

    def _collapse(self, path: list[int], scores: list[float]) -> LabelData:
        kept: list[int] = []
        char_scores: list[float] = []
        previous = None
        for index, score in zip(path, scores):
            if index not in self.unwritten:
                if index == previous:
                    char_scores[-1] = max(char_scores[-1], score)
                else:
                    kept.append(index)
                    char_scores.append(score)
            previous = index
        start, end = 0, len(kept)
        while start < end and self.dictionary.dict[kept[start]] == ' ':
            start += 1
        while end > start and self.dictionary.dict[kept[end - 1]] == ' ':
            end -= 1
        char_scores = char_scores[start:end]
        reading = LabelData(
            item=self.dictionary.idx2str(kept[start:end]),
            score=char_scores,
            word_score=math.prod(char_scores) if char_scores else 0.0,
        )
        if self.word_break is not None:
            reading.gaps = self.find_gaps(path)
        return reading
