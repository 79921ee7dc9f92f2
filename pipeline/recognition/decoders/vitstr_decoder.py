"""The decoder of ViTSTR."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

from mmocr.models.common.dictionary import Dictionary
from mmocr.models.textrecog.decoders import BaseDecoder
from mmocr.registry import TASK_UTILS
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.registry import MODELS


@MODELS.register_module()
class ViTSTRDecoder(BaseDecoder):
    """Classify the first tokens of a vision transformer, one character per token.

    The head of ViTSTR (Atienza, ICDAR 2021, arXiv 2105.08582). The target of token 0 is BOS, of
    token i character i, and of the token after the last character EOS. The encoder's attention
    has to move each character to its token. All characters are predicted in one pass.

    Args:
        dictionary: MMOCR dictionary with start, end and padding tokens.
        embed_dim: D, equal to the encoder's width.
        max_label_length: Maximum number of characters of a word. BOS and EOS take two more tokens.
        module_loss: Config of the loss, such as MMOCR's ``CEModuleLoss``. That loss truncates
            longer words, so the training data should not contain them.
        postprocessor: Config of the postprocessor, such as :class:`PARSeqPostprocessor`.
        init_cfg: MMEngine's initialization config.

    Raises:
        ValueError: If the dictionary lacks a token.
    """

    late_place = 'head'

    def __init__(
        self,
        dictionary: dict | Dictionary,
        embed_dim: int,
        max_label_length: int = 25,
        module_loss: dict | None = None,
        postprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if not isinstance(dictionary, Dictionary):
            dictionary = TASK_UTILS.build(dictionary)
        if None in (dictionary.start_idx, dictionary.end_idx, dictionary.padding_idx):
            raise ValueError(
                'ViTSTRDecoder needs BOS, EOS and PAD. Set with_start=True, with_end=True and '
                'with_padding=True in the dictionary.'
            )
        super().__init__(
            dictionary=dictionary,
            # Copies, because MMOCR adds the dictionary to these configs.
            module_loss=copy.copy(module_loss),
            postprocessor=copy.copy(postprocessor),
            max_seq_len=max_label_length + 2,
            init_cfg=init_cfg,
        )
        self.embed_dim = embed_dim
        self.max_label_length = max_label_length
        self.head = nn.Linear(embed_dim, self.dictionary.num_classes)
        nn.init.trunc_normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward_train(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample] | None = None,
    ) -> Tensor:
        """Classify the first tokens.

        Args:
            feat: Not used.
            out_enc: (N, T, D) tokens of the encoder, T at least ``max_seq_len``.
            data_samples: Not used.

        Returns:
            (N, max_seq_len, L) logits, BOS first.

        Raises:
            ValueError: If ``out_enc`` is not (N, T, D) or has too few tokens.
        """
        if out_enc.dim() != 3 or out_enc.size(-1) != self.embed_dim:
            raise ValueError(
                f'ViTSTRDecoder requires encoder tokens (N, T, {self.embed_dim}), got '
                f'{tuple(out_enc.shape)}. Set the same embed_dim in encoder and decoder.'
            )
        if out_enc.size(1) < self.max_seq_len:
            raise ValueError(
                f'max_label_length={self.max_label_length} requires {self.max_seq_len} tokens, got '
                f'{out_enc.size(1)} from the encoder. Use smaller patches or a smaller length.'
            )
        return self.head(out_enc[:, : self.max_seq_len])

    def forward_test(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample] | None = None,
    ) -> Tensor:
        """(N, max_seq_len - 1, L) probabilities, starting with the first character."""
        logits = self.forward_train(feat, out_enc)[:, 1:].clone()
        logits[..., [self.dictionary.start_idx, self.dictionary.padding_idx]] = -math.inf
        return logits.softmax(-1)

    def loss(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
    ) -> dict[str, Tensor]:
        """Loss of a batch. Also works in evaluation mode, for validation losses."""
        data_samples = self.module_loss.get_targets(data_samples)
        return self.module_loss(self.forward_train(feat, out_enc), data_samples)
