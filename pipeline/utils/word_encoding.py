"""Decoding of word lists."""

from __future__ import annotations

import codecs

_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode_words(content: bytes, source: str) -> str:
    """Decode a word list in UTF-8, or in UTF-16 with a byte order mark. The mark is removed.

    Args:
        content: Bytes of the file.
        source: Name of the file in error messages.

    Raises:
        ValueError: If the bytes have another encoding. Zero bytes are also an error, because
            UTF-16 without a byte order mark contains them. The message contains file and line.
    """
    is_utf16 = content.startswith(_UTF16) and not content.startswith(_UTF32)
    zero = -1 if is_utf16 else content.find(b'\0')
    if zero >= 0:
        raise _wrong_encoding(source, content[:zero].count(b'\n') + 1, 'got a zero byte')
    try:
        return content.decode('utf-16' if is_utf16 else 'utf-8-sig')
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode('utf-16' if is_utf16 else 'utf-8')
        got = f'got {error.object[error.start]:#04x}'
        raise _wrong_encoding(source, before.count('\n') + 1, got) from None


def _wrong_encoding(source: str, line: int, got: str) -> ValueError:
    return ValueError(
        f'{source}, line {line}: wanted UTF-8, or UTF-16 with a byte order mark, {got}. Convert '
        'the file, for example with iconv -f LATIN1 -t UTF-8.'
    )
