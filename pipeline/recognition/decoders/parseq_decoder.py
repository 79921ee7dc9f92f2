"""The decoder of PARSeq."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from mmocr.models.common.dictionary import Dictionary
from mmocr.models.textrecog.decoders import BaseDecoder
from mmocr.registry import TASK_UTILS
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.recognition.decoders.two_stream_layer import KeysValues, TwoStreamLayer
from pipeline.recognition.module_losses import PermutationLanguageModelLoss, permutation_masks
from pipeline.registry import MODELS

FeatureFusion = Callable[[Tensor], Tensor]
"""Late fusion: (N, T, D) decoder features -> (N, T, D)."""


@MODELS.register_module()
class PARSeqDecoder(BaseDecoder):
    """Decode crops in any order (Bautista & Atienza, ECCV 2022, arXiv 2207.06966).

    One query per output position attends to the characters that its reading order allows, then to
    the crop. The reading order is only an attention mask: the same weights decode autoregressively
    (AR), non-autoregressively (NAR), or predict one character from all others (refinement). All
    modes compute features and then classify them. Late context fusion (``fuse_features``) is
    applied between these two steps.

    Shapes: N crops, P reading orders, T steps, S characters with BOS, D ``embed_dim``, L classes
    of the dictionary. BOS and PAD are never predicted: their logits are -inf.

    Args:
        dictionary: MMOCR dictionary with start, end and padding tokens.
        embed_dim: D, equal to the encoder's width.
        num_heads: Number of attention heads.
        depth: Number of decoder layers.
        mlp_ratio: Hidden width of the MLPs divided by ``embed_dim``.
        dropout: Dropout of embeddings and layers.
        max_label_length: Maximum number of characters of a word. EOS takes one more step.
        decode_ar: Whether to decode autoregressively.
        refine_iters: Number of refinement iterations.
        module_loss: Config of :class:`PermutationLanguageModelLoss`.
        postprocessor: Config of the postprocessor.
        init_cfg: MMEngine's initialization config.

    Raises:
        ValueError: If the dictionary lacks a token.
    """

    module_loss: PermutationLanguageModelLoss
    layers: Any  # ModuleList of TwoStreamLayer

    def __init__(
        self,
        dictionary: dict | Dictionary,
        embed_dim: int,
        num_heads: int,
        depth: int = 1,
        mlp_ratio: float = 4.0,
        dropout: float = 0.1,
        max_label_length: int = 25,
        decode_ar: bool = True,
        refine_iters: int = 1,
        module_loss: dict | None = None,
        postprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if not isinstance(dictionary, Dictionary):
            dictionary = TASK_UTILS.build(dictionary)
        if None in (dictionary.start_idx, dictionary.end_idx, dictionary.padding_idx):
            raise ValueError(
                'PARSeqDecoder needs BOS, EOS and PAD. Set with_start=True, with_end=True and '
                'with_padding=True in the dictionary.'
            )
        super().__init__(
            dictionary=dictionary,
            # Copies, because MMOCR adds the dictionary to these configs.
            module_loss=copy.copy(module_loss),
            postprocessor=copy.copy(postprocessor),
            max_seq_len=max_label_length + 1,
            init_cfg=init_cfg,
        )
        self.embed_dim = embed_dim
        self.max_label_length = max_label_length
        self.decode_ar = decode_ar
        self.refine_iters = refine_iters
        num_classes = self.dictionary.num_classes
        self.char_embed = nn.Embedding(num_classes, embed_dim)
        self.pos_queries = nn.Parameter(torch.zeros(1, self.max_seq_len, embed_dim))
        self.drop = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            TwoStreamLayer(embed_dim, num_heads, mlp_ratio, dropout) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)
        never_predicted = torch.zeros(num_classes)
        never_predicted[[self.dictionary.start_idx, self.dictionary.padding_idx]] = -math.inf
        self.register_buffer('never_predicted', never_predicted, persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialize weights from a truncated normal distribution with std 0.02."""
        nn.init.trunc_normal_(self.pos_queries, std=0.02)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.trunc_normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def embed_characters(self, tokens: Tensor, start: int = 0) -> Tensor:
        """Embed characters.

        Args:
            tokens: (N, S) int64. Position 0 of a word is BOS.
            start: Position of the first token in the word.

        Returns:
            (N, S, D). BOS has no position embedding. Character i has that of output step i - 1.
        """
        chars = self.char_embed(tokens) * math.sqrt(self.embed_dim)
        end = start + tokens.size(1)
        first = max(start, 1)
        positions = self.pos_queries[:, first - 1 : end - 1]
        if start == 0:
            positions = torch.cat([torch.zeros_like(self.pos_queries[:, :1]), positions], dim=1)
        return self.drop(chars + positions)

    def project_memory(self, out_enc: Tensor) -> list[KeysValues]:
        """Project the encoder's (N, T, D) tokens to the keys and values of each layer.

        Raises:
            ValueError: If ``out_enc`` is not (N, T, D).
        """
        if out_enc.dim() != 3 or out_enc.size(-1) != self.embed_dim:
            raise ValueError(
                f'PARSeqDecoder requires encoder tokens (N, T, {self.embed_dim}), got '
                f'{tuple(out_enc.shape)}. Set the same embed_dim in encoder and decoder.'
            )
        return [layer.project_memory(out_enc) for layer in self.layers]

    def decode_features(
        self,
        tokens: Tensor,
        memory: Sequence[KeysValues],
        steps: Tensor,
        query_mask: Tensor,
        content_mask: Tensor,
        readable: Tensor | None = None,
    ) -> Tensor:
        """Compute the features of output steps.

        Args:
            tokens: (N, S) int64 characters, BOS first.
            memory: Result of :meth:`project_memory`.
            steps: (T,) int64 output step of each query. A step may occur several times with
                different masks.
            query_mask: (T, S) bool. True allows a query to attend to a character.
            content_mask: (S, S) bool. True allows a character to attend to a character. Used from
                the second layer on.
            readable: (N, S) bool padding mask of the characters. False excludes a character from
                all attention.

        Returns:
            (N, T, D) after the final norm.
        """
        if readable is not None:
            query_mask = query_mask & readable[:, None, None]  # (N, 1, T, S)
            content_mask = content_mask & readable[:, None, None]
        content = self.embed_characters(tokens)
        query = self.pos_queries[:, steps]  # (1, T, D)
        if self.training and self.drop.p > 0:
            query = self.drop(query.expand(len(tokens), -1, -1))
        last = self.layers[-1]
        for layer, layer_memory in zip(self.layers, memory):
            keys_values = layer.project_content(content)
            query = layer.update_query(query, keys_values, layer_memory, query_mask)
            if layer is not last:
                content = layer.update_content(content, keys_values, layer_memory, content_mask)
        return self.norm(query)

    def classify(self, features: Tensor, fuse_features: FeatureFusion | None = None) -> Tensor:
        """(N, T, D) features -> (N, T, L) logits, after the late fusion if given."""
        if fuse_features is not None:
            features = fuse_features(features)
        return self.head(features) + self.never_predicted

    def forward_train(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> Tensor:
        """Predict the ground-truth characters in each reading order of this training step.

        Args:
            feat: Not used.
            out_enc: (N, T, D) tokens of the encoder.
            data_samples: N samples that passed ``module_loss.get_targets``.
            fuse_features: Late fusion.

        Returns:
            (N, P, M + 1, L) logits, with M the number of characters of the longest word.
        """
        targets = self.module_loss.stack_targets(data_samples).to(out_enc.device)  # (N, M + 2)
        tokens = targets[:, :-1]
        readable = (tokens != self.dictionary.padding_idx) & (tokens != self.dictionary.end_idx)
        memory = self.project_memory(out_enc)
        perms = self.module_loss.draw_permutations(tokens.size(1) - 1).to(out_enc.device)
        masks = [permutation_masks(perm) for perm in perms]
        steps = torch.arange(tokens.size(1), device=tokens.device)
        if len(self.layers) == 1:
            # In a single layer characters do not attend to each other. All orders therefore share
            # keys and values, and their queries are concatenated in one pass.
            query_masks = torch.cat([query_mask for query_mask, _ in masks])
            features = self.decode_features(
                tokens, memory, steps.repeat(len(perms)), query_masks, masks[0][1], readable
            )
        else:
            features = torch.cat(
                [self.decode_features(tokens, memory, steps, *pair, readable) for pair in masks],
                dim=1,
            )
        return self.classify(features, fuse_features).unflatten(1, (len(perms), -1))

    def read_one_shot(
        self, memory: Sequence[KeysValues], fuse_features: FeatureFusion | None = None
    ) -> Tensor:
        """Decode non-autoregressively, without previous characters: (N, max_seq_len, L) logits."""
        tokens = self._start_tokens(memory)
        steps = torch.arange(self.max_seq_len, device=tokens.device)
        nothing_hidden = torch.ones(self.max_seq_len, 1, dtype=torch.bool, device=tokens.device)
        features = self.decode_features(tokens, memory, steps, nothing_hidden, nothing_hidden[:1])
        return self.classify(features, fuse_features)

    def read_autoregressively(
        self, memory: Sequence[KeysValues], fuse_features: FeatureFusion | None = None
    ) -> Tensor:
        """Decode left to right until all words have an EOS.

        Each step computes one query and one character only, because the keys and values of the
        crop and of the previous characters are cached.

        Returns:
            (N, T, L) logits, T at most ``max_seq_len``. Steps after a word's EOS are meaningless.
        """
        token = self._start_tokens(memory)  # (N, 1)
        ended = torch.zeros_like(token, dtype=torch.bool)
        past: list[KeysValues | None] = [None] * len(self.layers)
        logits = []
        for step in range(self.max_seq_len):
            features = self._read_step(step, token, memory, past)
            logits.append(self.classify(features, fuse_features))
            token = logits[-1].argmax(-1)
            ended |= token == self.dictionary.end_idx
            if not torch.jit.is_tracing() and ended.all():  # a traced graph has all steps
                break
        return torch.cat(logits, dim=1)

    def _read_step(
        self,
        step: int,
        token: Tensor,
        memory: Sequence[KeysValues],
        past: list[KeysValues | None],
    ) -> Tensor:
        """Features (N, 1, D) of a step. Adds its character to ``past`` in place."""
        content = self.embed_characters(token, start=step)
        query = self.pos_queries[:, step : step + 1]
        last = len(self.layers) - 1
        for i, (layer, layer_memory) in enumerate(zip(self.layers, memory)):
            keys, values = layer.project_content(content)
            earlier = past[i]
            if earlier is not None:
                keys = torch.cat([earlier[0], keys], dim=2)
                values = torch.cat([earlier[1], values], dim=2)
            past[i] = (keys, values)
            query = layer.update_query(query, (keys, values), layer_memory, None)
            if i < last:
                content = layer.update_content(content, (keys, values), layer_memory, None)
        return self.norm(query)

    def refine(
        self,
        draft: Tensor,
        memory: Sequence[KeysValues],
        fuse_features: FeatureFusion | None = None,
    ) -> Tensor:
        """Predict each character again, given all other characters of a draft (cloze mask).

        Args:
            draft: (N, T) int64 classes. Classes from a word's EOS on are masked.
            memory: Result of :meth:`project_memory`.
            fuse_features: Late fusion.

        Returns:
            (N, max_seq_len, L) logits.
        """
        draft = draft[:, : self.max_label_length]
        tokens = torch.cat([self._start_tokens(memory), draft], dim=1)  # (N, S)
        readable = (tokens == self.dictionary.end_idx).long().cumsum(1) == 0
        steps = torch.arange(self.max_seq_len, device=tokens.device)
        keys = steps[: tokens.size(1)]
        query_mask = steps[:, None] + 1 != keys[None, :]  # Step i predicts character i + 1.
        content_mask = keys[:, None] >= keys[None, :]
        features = self.decode_features(tokens, memory, steps, query_mask, content_mask, readable)
        return self.classify(features, fuse_features)

    def forward_test(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample] | None = None,
        fuse_features: FeatureFusion | None = None,
    ) -> Tensor:
        """Decode crops according to ``decode_ar`` and ``refine_iters``.

        Args:
            feat: Not used.
            out_enc: (N, T, D) tokens of the encoder.
            data_samples: Not used.
            fuse_features: Late fusion.

        Returns:
            (N, T, L) probabilities, T at most ``max_seq_len``.
        """
        memory = self.project_memory(out_enc)
        read = self.read_autoregressively if self.decode_ar else self.read_one_shot
        logits = read(memory, fuse_features)
        for _ in range(self.refine_iters):
            logits = self.refine(logits.argmax(-1), memory, fuse_features)
        return logits.softmax(-1)

    def forward(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample] | None = None,
        fuse_features: FeatureFusion | None = None,
    ) -> Tensor:
        """Call :meth:`forward_train` in training mode, else :meth:`forward_test`."""
        if self.training:
            if data_samples is None:
                raise ValueError('training requires ground-truth texts, but data_samples is None.')
            data_samples = self.module_loss.get_targets(data_samples)
            return self.forward_train(feat, out_enc, data_samples, fuse_features)
        return self.forward_test(feat, out_enc, data_samples, fuse_features)

    def loss(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> dict[str, Tensor]:
        """Loss of a batch. Also works in evaluation mode, for validation losses."""
        data_samples = self.module_loss.get_targets(data_samples)
        logits = self.forward_train(feat, out_enc, data_samples, fuse_features)
        return self.module_loss(logits, data_samples)

    def predict(
        self,
        feat: Tensor | None,
        out_enc: Tensor,
        data_samples: Sequence[TextRecogDataSample],
        fuse_features: FeatureFusion | None = None,
    ) -> Sequence[TextRecogDataSample]:
        """Set ``pred_text`` of each sample."""
        probs = self(feat, out_enc, data_samples, fuse_features)
        return self.postprocessor(probs, data_samples)

    def _start_tokens(self, memory: Sequence[KeysValues]) -> Tensor:
        keys, _ = memory[0]  # (N, H, T, d)
        return torch.full(
            (keys.size(0), 1), self.dictionary.start_idx, dtype=torch.long, device=keys.device
        )
