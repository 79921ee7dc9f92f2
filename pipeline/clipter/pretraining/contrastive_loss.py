"""The contrastive loss of CLIP."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def contrastive_loss(images: Tensor, texts: Tensor, scale: Tensor, groups: Tensor) -> Tensor:
    """Cross entropy of matching images with texts, and texts with images.

    As in CLIP (Radford et al., ICML 2021, arXiv 2103.00020), but pairs of one group are positives
    of each other, so that two views of an image are not contrasted (as in UniCL, arXiv 2204.03610).

    Args:
        images: (N, C) embeddings of norm 1.
        texts: (N, C) embeddings of norm 1.
        scale: Factor of the cosine similarities.
        groups: (N,) int64, the group of each pair.

    Returns:
        The mean of the two cross entropies.
    """
    logits = scale * images @ texts.T  # (N, N)
    targets = (groups[:, None] == groups[None]).float()
    targets = targets / targets.sum(1, keepdim=True)
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2
