"""Errors as a user reads them: what was wrong, without the stack."""

from __future__ import annotations

import re

# How torch wraps the error of a loader's process; what was raised is the traceback's last line.
_IN_WORKER = re.compile(r'^Caught \w+ in DataLoader worker process')
_LAST_ERROR = re.compile(r'^(?:[\w.]+\.)?\w*(?:Error|Exception)\b(?:: )?(.*)', re.M | re.S)


def say_error(error: BaseException) -> str:
    """The message of an error, with its type where the message alone does not tell.

    Args:
        error: What was caught. Of one that a loader's process raised, its own message is taken
            out of the traceback that torch puts around it.
    """
    # str of a KeyError is the repr of its argument
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if _IN_WORKER.match(text):
        last = [m for m in re.finditer(r'^\S.*', text, re.M) if _LAST_ERROR.match(m.group())]
        if last:
            text = text[last[-1].start() :].partition(': ')[2]
    if isinstance(error, KeyError) and ' ' not in text:
        return f'KeyError: there is no {text!r}'
    if isinstance(error, (ValueError, OSError, KeyError)) and text:
        return text.strip()
    return f'{type(error).__name__}: {text.strip()}'
