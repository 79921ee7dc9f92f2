"""Initial weights from checkpoints that were saved from wrapped models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from mmengine.model import PretrainedInit, update_init_info
from mmengine.registry import WEIGHT_INITIALIZERS
from mmengine.runner.checkpoint import CheckpointLoader, load_state_dict
from torch import nn

from pipeline.utils.checkpoint import adapt_names
from pipeline.utils.weight_files import explain_prefix, read_state, unwrap_state


@WEIGHT_INITIALIZERS.register_module(name='Pretrained', force=True)
class WrappedPretrainedInit(PretrainedInit):
    """MMEngine's ``Pretrained``, for all forms of checkpoints that ``--checkpoint`` accepts.

    MMEngine only removes ``module.``, and continues with random weights if no name fits. This
    initializer accepts the prefixes of common wrappers
    (:func:`~pipeline.utils.weight_files.unwrapped_states`), and raises an error if no name fits.

    Args:
        checkpoint: Path or URL of the checkpoint.
        prefix: Prefix of the module's parameters in the checkpoint. None if the checkpoint is that
            of the module.
        map_location: Device of the weights.
    """

    def __call__(self, module: nn.Module) -> None:
        """Load the weights into a module.

        Raises:
            ValueError: If no weight of the file fits. The message contains the prefix found and
                the prefix wanted if the names differ by a prefix.
        """
        print_log(f'load model from: {self.checkpoint}', logger='current')
        prefix = f'{self.prefix.removesuffix(".")}.' if self.prefix else ''
        wanted = {prefix + name for name in module.state_dict()}
        state = unwrap_state(self._read(), wanted, self.checkpoint)
        own: Mapping[str, Any] = {
            name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)
        }
        own = adapt_names(module, own)
        if not module.state_dict().keys() & own.keys():
            hint = explain_prefix(state, wanted) or f'its first is {next(iter(state))!r}'
            raise ValueError(
                f'{self.checkpoint} contains no weight of {type(module).__name__} ({hint}). '
                "Set prefix of init_cfg to that of this part in the file, such as 'backbone.'."
            )
        load_state_dict(module, dict(own), strict=False, logger='current')
        if hasattr(module, '_params_init_info'):
            update_init_info(module, init_info=self._get_init_info())

    def _read(self) -> Any:
        if Path(self.checkpoint).is_file():
            return read_state(Path(self.checkpoint))
        return CheckpointLoader.load_checkpoint(self.checkpoint, self.map_location, 'current')
