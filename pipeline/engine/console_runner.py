"""MMEngine's Runner with a console that starts with what matters."""

from __future__ import annotations

import logging
from typing import Any

from mmengine.logging import MMLogger
from mmengine.runner import Runner

_LONG = ('\n----', 'Config:\n', 'Hooks will be executed')
"""Starts of the messages about the environment, the whole config and the hooks."""


class ConsoleRunner(Runner):
    """A Runner that writes the environment, the config and the hooks to its log file only."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the logger of the run."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(is_for_the_console)
        return logger


def is_for_the_console(record: logging.LogRecord) -> bool:
    """Whether a record of a run is printed, besides being written to the log file."""
    return not record.getMessage().startswith(_LONG)
