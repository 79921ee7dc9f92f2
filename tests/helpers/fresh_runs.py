"""Several runs of MMEngine in one process."""

from __future__ import annotations

from mmengine.logging import MessageHub, MMLogger
from mmengine.visualization import Visualizer


def forget_runs() -> None:
    """Let the next run have a logger and a visualizer of its own.

    Runs that start within one second share those of the first, its stream and its folder.
    """
    for manager in (MMLogger, MessageHub, Visualizer):
        manager._instance_dict.clear()
