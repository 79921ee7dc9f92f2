"""The CTC classifier, shared by every decoder that reads by CTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from mmengine.structures import LabelData
from mmocr.models.common.dictionary import Dictionary
from torch import Tensor, nn

from pipeline.recognition.ctc_reader import CTCReader, Reading


class CTCHead(nn.Linear):
    """Linear classifier of columns, with the CTC loss and the greedy decoder that belong to it.

    CTC: Graves et al., ICML 2006. The parameters are those of ``nn.Linear``.

    Args:
        embed_dim: Width D of the columns.
        dictionary: MMOCR dictionary. Its size is the number of classes L.
        blank: Class of the CTC blank.
        word_break: Class that separates words, if there is one: the space, or a class that
            is not a character.
        unwritten: Further classes that are not characters. They act as blanks.
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
        self.reader = CTCReader(dictionary.dict, blank, word_break, unwritten)

    def loss(self, logits: Tensor, labels: Sequence[Tensor]) -> Tensor:
        """CTC loss per character, averaged over the batch.

        Args:
            logits: (N, T, L).
            labels: N tensors of classes. Empty ones add nothing to the loss, and neither do
                those that are too long for T columns.

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
            blank=self.reader.blank,
            reduction='none',
            zero_infinity=True,
        )
        losses = losses.masked_fill((lengths == 0).to(losses.device), 0.0)
        return losses.sum() / max(int(lengths.sum()), 1)

    def read(
        self, log_probs: Tensor, valid_ratios: Sequence[float] | None = None
    ) -> list[LabelData]:
        """Greedy decoding of log probabilities (N, T, L); see :meth:`CTCReader.read`.

        Args:
            log_probs: (N, T, L) log probabilities.
            valid_ratios: N shares of the padded width that are crop; None for crops without
                padding.

        Returns:
            MMOCR's ``pred_text`` of each crop; see :func:`to_pred_text`.
        """
        readings = self.reader.read(log_probs.detach().float().cpu().numpy())
        if valid_ratios is not None:
            readings = [
                reading.without_padding(valid) for reading, valid in zip(readings, valid_ratios)
            ]
        return [self.to_pred_text(reading) for reading in readings]

    def to_pred_text(self, reading: Reading) -> LabelData:
        """``item`` (text), ``score`` (of each character), ``word_score``, places and gaps.

        The fields are those of :class:`Reading`. ``gaps`` is only set where there is a class for
        word breaks.
        """
        label = LabelData(item=reading.text, score=reading.char_scores, word_score=reading.score)
        label.char_places = reading.char_places
        if self.reader.word_break is not None:
            label.gaps = reading.gaps
        return label
