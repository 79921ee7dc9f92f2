"""Loading of checkpoints that were saved from wrapped models."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from pipeline.registry import HOOKS
from pipeline.utils.weight_files import unwrap_state


@HOOKS.register_module()
class UnwrapCheckpointHook(Hook):
    """Removes the prefixes of common wrappers from the names in ``load_from``.

    MMEngine only removes ``module.``. This hook accepts the same checkpoints as ``--checkpoint``
    (:func:`~pipeline.utils.weight_files.unwrapped_states`).
    """

    priority = 'VERY_HIGH'  # before EMAHook copies the weights

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Replace the state dict of ``checkpoint``.

        Raises:
            ValueError: If the checkpoint contains no weights.
        """
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        wanted = set(model.state_dict())
        checkpoint['state_dict'] = unwrap_state(checkpoint, wanted, 'load_from')
