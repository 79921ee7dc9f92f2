"""The loss of PARSeq."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from mmocr.models.common.dictionary import Dictionary
from mmocr.models.textrecog.module_losses.base import BaseTextRecogModuleLoss
from mmocr.structures import TextRecogDataSample
from torch import Tensor

from pipeline.recognition.module_losses.permutations import draw_permutations
from pipeline.registry import MODELS


@MODELS.register_module()
class PermutationLanguageModelLoss(BaseTextRecogModuleLoss):
    """Cross entropy averaged over several reading orders of each word.

    Permutation language modeling of PARSeq (Bautista & Atienza, ECCV 2022, arXiv 2207.06966,
    section 3.2). Padding is ignored. EOS counts in the first two orders only. All later orders
    also read EOS last, like left-to-right, which would give EOS too much weight. Shapes: N crops,
    P orders, M characters of the longest word, L classes.

    Args:
        dictionary: MMOCR dictionary with start, end and padding tokens.
        max_seq_len: Number of decoder steps: the maximum label length plus one for EOS.
        letter_case: 'unchanged', 'upper' or 'lower'. Applied to ground-truth texts.
        perm_num: Number of reading orders per training step, including mirrors. The training time
            grows with it.
        perm_forward: Whether left-to-right is always included.
        perm_mirrored: Whether each order is paired with its mirror.
        too_long: Policy for texts with more than ``max_seq_len - 1`` characters: 'error' raises,
            'ignore' leaves the word out of the loss.
        unknown_chars: Policy for texts with characters outside the dictionary: 'error' raises,
            'ignore' leaves the word out of the loss, 'drop' removes the characters. It does not
            apply to dictionaries with an unknown token.

    Raises:
        ValueError: If a policy is unknown or the dictionary lacks a token.
    """

    def __init__(
        self,
        dictionary: dict | Dictionary,
        max_seq_len: int = 26,
        letter_case: str = 'unchanged',
        perm_num: int = 6,
        perm_forward: bool = True,
        perm_mirrored: bool = True,
        too_long: str = 'error',
        unknown_chars: str = 'error',
    ) -> None:
        super().__init__(dictionary, max_seq_len, letter_case, pad_with='padding')
        if self.dictionary.start_idx is None or self.dictionary.end_idx is None:
            raise ValueError(
                'PermutationLanguageModelLoss needs BOS and EOS. Set with_start=True and '
                'with_end=True in the dictionary.'
            )
        if too_long not in ('error', 'ignore'):
            raise ValueError(f"too_long must be 'error' or 'ignore', got {too_long!r}.")
        if unknown_chars not in ('error', 'ignore', 'drop'):
            raise ValueError(
                f"unknown_chars must be 'error', 'ignore' or 'drop', got {unknown_chars!r}."
            )
        self.perm_num = perm_num
        self.perm_forward = perm_forward
        self.perm_mirrored = perm_mirrored
        self.too_long = too_long
        self.unknown_chars = unknown_chars

    def encode_text(self, text: str) -> list[int] | None:
        """Encode a ground-truth text as character indexes.

        Returns:
            The indexes without BOS and EOS, or None if a policy leaves the word out.

        Raises:
            ValueError: If the text violates a policy that is 'error'.
        """
        if self.letter_case != 'unchanged':
            text = getattr(text, self.letter_case)()
        indexes = [self.dictionary.char2idx(char, strict=False) for char in text]
        if None in indexes:
            if self.unknown_chars == 'error':
                unknown = sorted({char for char, i in zip(text, indexes) if i is None})
                raise ValueError(
                    f'Text {text!r} has characters outside the dictionary: {unknown}. Extend the '
                    "dictionary file, or set unknown_chars='ignore' or 'drop' in module_loss."
                )
            if self.unknown_chars == 'ignore':
                return None
            indexes = [i for i in indexes if i is not None]
        if len(indexes) > self.max_seq_len - 1:
            if self.too_long == 'error':
                raise ValueError(
                    f'Text {text!r} has {len(indexes)} characters, but max_label_length is '
                    f"{self.max_seq_len - 1}. Raise it, or set too_long='ignore' in module_loss."
                )
            return None
        return indexes

    def get_targets(
        self, data_samples: Sequence[TextRecogDataSample]
    ) -> Sequence[TextRecogDataSample]:
        """Add ``indexes`` and ``padded_indexes`` to ``gt_text`` of each sample.

        ``padded_indexes`` is (max_seq_len + 1,) int64: BOS, the characters, EOS, padding. Words
        that a policy leaves out have BOS and padding only.
        """
        for data_sample in data_samples:
            indexes = self.encode_text(data_sample.gt_text.item)
            padded = torch.full((self.max_seq_len + 1,), self.pad_idx, dtype=torch.long)
            padded[0] = self.dictionary.start_idx
            if indexes is not None:
                padded[1 : len(indexes) + 1] = torch.tensor(indexes, dtype=torch.long)
                padded[len(indexes) + 1] = self.dictionary.end_idx
            data_sample.gt_text.indexes = torch.tensor(indexes or [], dtype=torch.long)
            data_sample.gt_text.padded_indexes = padded
        return data_samples

    def stack_targets(self, data_samples: Sequence[TextRecogDataSample]) -> Tensor:
        """Targets of a batch, truncated after the EOS of its longest word: (N, M + 2) int64."""
        targets = torch.stack([sample.gt_text.padded_indexes for sample in data_samples])
        longest = int((targets != self.pad_idx).sum(1).max())
        return targets[:, : max(longest, 2)]

    def draw_permutations(self, num_chars: int) -> Tensor:
        """Draw the reading orders of a training step with torch's global generator: (P, M + 2)."""
        rng = np.random.default_rng(int(torch.randint(2**31, ())))
        return draw_permutations(
            num_chars, self.perm_num, rng, self.perm_forward, self.perm_mirrored
        )

    def forward(
        self, outputs: Tensor, data_samples: Sequence[TextRecogDataSample]
    ) -> dict[str, Tensor]:
        """Mean cross entropy over orders and tokens that count.

        Args:
            outputs: (N, P, M + 1, L) logits, as ``PARSeqDecoder.forward_train`` returns them.
            data_samples: N samples that passed ``get_targets``.

        Returns:
            ``loss_plm``, a scalar.
        """
        targets = self.stack_targets(data_samples)[:, 1:].to(outputs.device)  # (N, M + 1)
        num_perms = outputs.size(1)
        without_eos = targets.masked_fill(targets == self.dictionary.end_idx, self.pad_idx)
        per_perm = [targets if i < 2 else without_eos for i in range(num_perms)]
        gt_indexes = torch.stack(per_perm, dim=1)  # (N, P, M + 1)
        total = F.cross_entropy(
            outputs.flatten(0, 2).float(),
            gt_indexes.flatten(),
            ignore_index=self.pad_idx,
            reduction='sum',
        )
        # The count is 0 if policies leave out all words of a batch.
        return {'loss_plm': total / (gt_indexes != self.pad_idx).sum().clamp(min=1)}
