"""Error messages for users, without a traceback."""

from __future__ import annotations

import re

# torch puts the traceback of a loader process into the message; its last line is the error.
_IN_WORKER = re.compile(r'^Caught \w+ in DataLoader worker process')
_LAST_ERROR = re.compile(r'^(?:[\w.]+\.)?\w*(?:Error|Exception)\b(?:: )?(.*)', re.M | re.S)


def say_error(error: BaseException) -> str:
    """The message of an error, with its type if the message does not explain it.

    Args:
        error: Caught error. If a loader process raised it, its message is extracted from the
            traceback that torch wraps around it.
    """
    # str(KeyError) is the repr of its argument.
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if _IN_WORKER.match(text):
        last = [m for m in re.finditer(r'^\S.*', text, re.M) if _LAST_ERROR.match(m.group())]
        if last:
            text = text[last[-1].start() :].partition(': ')[2]
    if isinstance(error, KeyError) and ' ' not in text:
        return f'KeyError: there is no {text!r}'
    if isinstance(error, (ValueError, OSError, ImportError, KeyError)) and text:
        return text.strip()
    return f'{type(error).__name__}: {text.strip()}'
