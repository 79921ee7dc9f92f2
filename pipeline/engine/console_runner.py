"""MMEngine's Runner with a console that starts with what matters."""

from __future__ import annotations

import logging
from typing import Any

from mmengine.logging import MMLogger
from mmengine.runner import Runner

_LONG = (
    '\n----',  # the environment
    'Config:\n',
    'Hooks will be executed',
    'paramwise_options',  # a line per weight and setting
    'Distributed training is not used',
    '"FileClient" will be deprecated',
    '"HardDiskBackend" is the alias',
)
"""Starts of messages that are for the log file only."""

_FROZEN = 'is skipped since its requires_grad=False'
"""End of the message about each frozen weight."""


class ConsoleRunner(Runner):
    """A Runner that writes long messages, such as the whole config, to its log file only."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the logger of the run."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(is_for_the_console)
        return logger


def is_for_the_console(record: logging.LogRecord) -> bool:
    """Whether a record of a run is printed, besides being written to the log file."""
    message = record.getMessage()
    return not message.startswith(_LONG) and not message.endswith(_FROZEN)
