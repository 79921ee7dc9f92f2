"""Replaces the context encoder when scene tokens are read from a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from pipeline.clipter.cache.context_cache import ContextCache
from pipeline.clipter.encoder.tower_identity import (
    explain_mismatch,
    identity_from_tensor,
    identity_to_tensor,
)
from pipeline.registry import MODELS

_IDENTITY = 'identity'  # checkpoint key, the same as in ClipImageEncoder


@MODELS.register_module()
class CachedContextEncoder(nn.Module):
    """Has the attributes of the encoder that filled a context cache, but does not encode images.

    The image tower is not built. Checkpoints contain the tower's identity, as in a run with the
    tower, and can be loaded into a model with the tower.

    Args:
        context_cache: Folder written by ``clipter extract-context``.

    Raises:
        ValueError: If the cache is missing or unusable.
    """

    def __init__(self, context_cache: str) -> None:
        super().__init__()
        cache = ContextCache(context_cache)
        self.directory = cache.directory
        self.fingerprint = cache.fingerprint
        self.identity: dict[str, str] = cache.identity
        self.embed_dim = cache.embed_dim
        self.num_tokens = cache.num_tokens
        self.register_state_dict_post_hook(_add_identity)

    def forward(self, images: Any) -> Tensor:
        """Raise an error, because there is no tower.

        Raises:
            ValueError: Always. The data set has to read the tokens from the cache.
        """
        raise ValueError(
            f'this model reads its scene tokens from the context cache {self.directory} and has '
            "no tower to encode images. Set the cache in the data set (context_cache='"
            f"{self.directory}'), or build the model with the tower "
            f'{self.identity.get("arch")!r} for images that are not in the cache.'
        )

    def check_state(self, state: Mapping[str, Any], prefix: str) -> None:
        """Check that a checkpoint belongs to the same tower.

        Raises:
            ValueError: If the checkpoint names another tower.
        """
        if prefix + _IDENTITY in state:
            problem = explain_mismatch(
                identity_from_tensor(state[prefix + _IDENTITY]), self.identity
            )
            if problem is not None:
                raise ValueError(problem)

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: Mapping[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        if prefix + _IDENTITY in unexpected_keys:
            unexpected_keys.remove(prefix + _IDENTITY)
        self.check_state(state_dict, prefix)

    def __str__(self) -> str:
        return f'CachedContextEncoder({str(self.directory)!r})'


def _add_identity(
    module: CachedContextEncoder, state_dict: dict[str, Any], prefix: str, metadata: object
) -> None:
    state_dict[prefix + _IDENTITY] = identity_to_tensor(module.identity)
