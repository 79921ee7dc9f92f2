"""Formats of answers, chosen by ``format`` or the header ``Accept``."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from PIL import Image

from pipeline.io import DOCUMENT_FORMATS, PhotoResult, render_pages
from pipeline.io.naming import UniqueNames
from pipeline.serve.errors import RequestError

_SHOWN_SIDE = 2000
_JPEG_QUALITY = 85
ARCHIVE = 'application/zip'
"""Type of an answer with several documents."""


class ResultWithImage(PhotoResult):
    """A result whose record contains the image as a data URL, for clients that cannot decode it."""

    def record(self) -> dict[str, Any]:
        """The record of the words with ``"image_data"``, a JPEG with sides of up to 2000 pixels."""
        assert self.image is not None
        image = Image.fromarray(self.image[..., ::-1])
        image.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
        buffer = io.BytesIO()
        image.save(buffer, 'JPEG', quality=_JPEG_QUALITY)
        data = base64.b64encode(buffer.getvalue()).decode('ascii')
        return {**super().record(), 'image_data': f'data:image/jpeg;base64,{data}'}


class Format(NamedTuple):
    """One format.

    Args:
        media_type: Type of the answer.
        render: Function from the results of a request to the content of the answer.
        needs_images: Whether the results must contain the images.
        suffix: End of the names of its files in an archive. Empty if a document has any number of
            images.
    """

    media_type: str
    render: Callable[[Sequence[PhotoResult]], str | bytes]
    needs_images: bool = False
    suffix: str = ''

    def answer(self, results: Sequence[PhotoResult]) -> tuple[str | bytes, str]:
        """Content and media type of an answer.

        Several images of a format with one image per document are a zip archive of documents.
        """
        if self.suffix and len(results) > 1:
            return self._archive(results), ARCHIVE
        return self.render(results), self.media_type

    def _archive(self, results: Sequence[PhotoResult]) -> bytes:
        names = UniqueNames()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
            for result in results:
                archive.writestr(names.take(result.name) + self.suffix, self.render([result]))
        return buffer.getvalue()


def _json(results: Sequence[PhotoResult]) -> str:
    texts = [result.json_text() for result in results]
    return texts[0] if len(texts) == 1 else '[' + ',\n'.join(text[:-1] for text in texts) + ']\n'


def _json_lines(results: Sequence[PhotoResult]) -> str:
    return ''.join(json.dumps(each.record(), ensure_ascii=False) + '\n' for each in results)


def _document(name: str, results: Sequence[PhotoResult]) -> str | bytes:
    try:
        return render_pages(name, [result.document_page for result in results])
    except (ValueError, ImportError) as error:
        raise RequestError(422, f'format: {str(error).rstrip(".")}.') from error


FORMATS = {
    'json': Format('application/json', _json),
    'jsonl': Format('application/x-ndjson', _json_lines),
    **{
        name: Format(
            each.media_type,
            partial(_document, name),
            needs_images=name == 'pdf',
            suffix=each.suffix if name == 'page' else '',
        )
        for name, each in DOCUMENT_FORMATS.items()
        if name != 'json'
    },
}
"""Formats by name. They are those of ``clipter infer`` without ``icdar``."""


def choose_format(name: str | None, accept: str | None) -> Format:
    """The format of an answer.

    Args:
        name: Value of ``format``, which has priority.
        accept: Header ``Accept``. Without a known type the format is JSON.

    Raises:
        RequestError: 422 if there is no format of this name.
    """
    if name:
        if name not in FORMATS:
            raise RequestError(
                422, f'format: wanted one of {", ".join(FORMATS)}, got {name[:40]!r}.'
            )
        return FORMATS[name]
    by_type = {each.media_type.partition(';')[0]: each for each in FORMATS.values()}
    for kind in _by_quality(accept or ''):
        if kind in by_type:
            return by_type[kind]
    return FORMATS['json']


def _by_quality(accept: str) -> list[str]:
    """Media types of ``Accept``, the preferred one first."""
    weighted = []
    for part in accept.split(','):
        kind, *parameters = (piece.strip().lower() for piece in part.split(';'))
        quality = next((p[2:] for p in parameters if p.startswith('q=')), '1')
        try:
            weighted.append((-float(quality), kind))
        except ValueError:
            continue
    return [kind for quality, kind in sorted(weighted, key=lambda pair: pair[0]) if quality]
