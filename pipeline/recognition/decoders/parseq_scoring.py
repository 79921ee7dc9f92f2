"""Probabilities that a PARSeq decoder assigns to given texts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.recognition.decoders.parseq_decoder import FeatureFusion, PARSeqDecoder
from pipeline.recognition.decoders.two_stream_layer import KeysValues


def score_readings(
    decoder: PARSeqDecoder,
    memory: Sequence[KeysValues],
    readings: Tensor,
    fuse_features: FeatureFusion | None = None,
    temperature: float = 1.0,
) -> Tensor:
    """Left-to-right log probabilities of given hypotheses.

    Args:
        decoder: Decoder whose left-to-right probabilities are computed.
        memory: Result of :meth:`PARSeqDecoder.project_memory` for N crops.
        readings: (N, K, M) int64 classes of K hypotheses per crop, with PAD after their
            characters. M is at most ``max_label_length``.
        fuse_features: Late fusion.
        temperature: Divisor of the logits.

    Returns:
        (N, K, M + 1) natural log probability of each character and of EOS after the last
        character, given the previous characters. 0 after EOS.
    """
    num_crops, num_readings, _ = readings.shape
    tokens = F.pad(readings.flatten(0, 1), (1, 0), value=decoder.dictionary.start_idx)
    readable = tokens != decoder.dictionary.padding_idx
    repeated = [
        (keys.repeat_interleave(num_readings, 0), values.repeat_interleave(num_readings, 0))
        for keys, values in memory
    ]
    steps = torch.arange(tokens.size(1), device=tokens.device)
    causal = steps[:, None] >= steps[None, :]
    features = decoder.decode_features(tokens, repeated, steps, causal, causal, readable)
    features = features.unflatten(0, (num_crops, num_readings))
    logits = decoder.classify(features.flatten(1, 2), fuse_features)  # (N, K * (M + 1), L)
    log_probs = (logits.float() / temperature).log_softmax(-1)
    log_probs = log_probs.unflatten(1, (num_readings, -1))
    targets = F.pad(readings, (0, 1), value=decoder.dictionary.padding_idx)
    ended = targets == decoder.dictionary.padding_idx
    targets = targets.masked_fill(ended, decoder.dictionary.end_idx)
    log_probs = log_probs.gather(-1, targets[..., None])[..., 0]
    return log_probs.masked_fill(ended.cumsum(-1) > 1, 0.0)
