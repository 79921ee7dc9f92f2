"""Stands for the context encoder where scene tokens come out of a cache."""

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

_IDENTITY = 'identity'  # its key in a checkpoint, as ClipImageEncoder's


@MODELS.register_module()
class CachedContextEncoder(nn.Module):
    """Knows what a context cache says of the encoder that filled it, and encodes nothing.

    No tower is built. Checkpoints are those of a run with the tower itself: they name it, and
    fit a model that has it.

    Args:
        context_cache: A folder of ``tools/extract_context.py``.

    Raises:
        ValueError: If there is no usable cache.
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
        """Refuse photos.

        Raises:
            ValueError: Always: tokens are read by the data set.
        """
        raise ValueError(
            f'this model reads its scene tokens from the context cache {self.directory} and has '
            "no tower to encode photos with. Give the data set the cache (context_cache='"
            f"{self.directory}'), or build the model with the tower "
            f'{self.identity.get("arch")!r} for photos that are not in it.'
        )

    def check_state(self, state: Mapping[str, Any], prefix: str) -> None:
        """Refuse the checkpoint of another tower.

        Raises:
            ValueError: If it names another tower.
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
