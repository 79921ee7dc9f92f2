"""Inputs of a command line: files, folders, globs, URLs, PDF and TIFF pages, standard input."""

from __future__ import annotations

import glob
import os
import sys
import urllib.parse
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.io.decode import decode_image, read_image
from pipeline.io.errors import MAX_PIXELS, ImageReadError, ImageReadWarning, printable
from pipeline.io.listing import NO_IMAGES, NO_MATCH, expand_url, match_pattern, walk_folder
from pipeline.io.naming import UniqueNames
from pipeline.io.pages import is_document, list_file_pages
from pipeline.io.urls import is_url, public_url, without_credentials

_MAX_KEPT_BYTES = 64_000_000  # Size of downloads after which further images are loaded twice.


@dataclass(frozen=True)
class InputItem:
    """One input image, which is not loaded yet.

    Attributes:
        name: Unique stem for result files.
        source: Origin of the image: a path, a URL, a page (``doc.pdf#page=2``), or ``-``.
    """

    name: str
    source: str
    loader: Callable[[], np.ndarray] = field(repr=False, compare=False)
    opener: Callable[[], Iterator[InputItem]] | None = field(
        default=None, repr=False, compare=False
    )

    def open(self) -> Iterator[InputItem]:
        """Iterate over the images of this input: itself, or the pages of a URL.

        The server of a URL is contacted here if ``iter_inputs`` did not contact it.
        """
        return iter([self]) if self.opener is None else self.opener()

    @property
    def is_error(self) -> bool:
        """Whether it is known already that nothing can be read, as of an empty folder."""
        return isinstance(self.loader, partial) and self.loader.func is _fail

    def load(self) -> np.ndarray:
        """Read the image: (H, W, 3) uint8 BGR.

        Raises:
            ImageReadError: If the image cannot be read. The message is one line.
        """
        return self.loader()


def iter_inputs(
    inputs: Iterable[str | os.PathLike[str]],
    recursive: bool = True,
    exclude: Iterable[str | os.PathLike[str]] = (),
    max_pixels: int = MAX_PIXELS,
    timeout_s: float = 30.0,
    strict: bool = False,
    password: str | None = None,
    contact_urls: bool = True,
) -> Iterator[InputItem]:
    """Iterate over input images without loading them.

    Exceptions are standard input and PDF files from URLs, which are read during the iteration.
    An input that cannot be read (a missing file, a folder without images, a glob without matches)
    gives an item whose ``load()`` raises. One bad input therefore does not stop the others.
    The first bytes of a URL decide whether it is a PDF, a TIFF or another image. Iteration
    therefore downloads documents completely, other files completely up to a total of 64 MB, and
    the start of the rest.

    Args:
        inputs: Files with any suffix; folders (files with an image suffix, in natural order,
            without hidden files); globs (including ``**``); URLs of http(s) with or without
            ``user:password@``, and of other schemes through fsspec, also as folders (with a slash
            at the end) and globs; PDF files (one image per page
            at 200 dpi, named ``stem-p001``); TIFF files with several pages (named as PDF pages);
            ``-`` for standard input.
        recursive: Whether folders include their subfolders.
        exclude: Subfolders of input folders that are skipped, such as the folder of the results.
        max_pixels: Maximum number of pixels of an image, as in :func:`read_image`.
        timeout_s: Timeout of network operations in seconds.
        strict: Whether damaged images are refused. By default their readable part is decoded with
            an ``ImageReadWarning``, as in :func:`read_image`.
        password: Password of the PDF files. Files without a password ignore it.
        contact_urls: Whether to contact the servers of URLs during the iteration. Otherwise each
            URL is one item, and :meth:`InputItem.open` contacts its server.

    Yields:
        Items in the order of the inputs. Names are deterministic.
    """
    excluded = {os.path.realpath(path) for path in exclude}
    finder = _Finder(recursive, excluded, max_pixels, timeout_s, strict, password, contact_urls)
    for given in inputs:
        yield from finder.find(os.fspath(given))


class _Finder:
    def __init__(
        self,
        recursive: bool,
        excluded: set[str],
        max_pixels: int,
        timeout_s: float,
        strict: bool,
        password: str | None,
        contact_urls: bool,
    ) -> None:
        self._recursive = recursive
        self._excluded = excluded
        self._max_pixels = max_pixels
        self._timeout_s = timeout_s
        self._strict = strict
        self._password = password
        self._contact_urls = contact_urls
        self._kept_bytes = 0
        self._names = UniqueNames()
        self._document_names = UniqueNames()

    def find(self, given: str) -> Iterator[InputItem]:
        """The items of one input."""
        if given == '-':
            yield from self._standard_input()
        elif is_url(given):
            yield from self._addresses(given)
        elif os.path.isdir(given):
            yield from self._folder(given)
        elif not os.path.exists(given) and glob.has_magic(given):
            yield from self._matches(given)
        else:
            yield from self._file(given)

    def _item(self, stem: str, source: str, loader: Callable[[], np.ndarray]) -> InputItem:
        return InputItem(self._names.take(stem), printable(source), loader)

    def _broken(self, source: str, message: str) -> InputItem:
        return self._item(Path(source).stem, source, partial(_fail, f'{source}: {message}'))

    def _file(self, path: str) -> Iterator[InputItem]:
        head = _first_bytes(path)
        if is_document(head):
            yield from self._document(path, head, Path(path).stem, path)
        else:
            loader = partial(read_image, Path(path), self._max_pixels, self._strict)
            yield self._item(Path(path).stem, path, loader)

    def _folder(self, folder: str) -> Iterator[InputItem]:
        found = False
        for path in walk_folder(folder, self._recursive, self._excluded):
            found = True
            yield from self._file(path)
        if not found:
            yield self._broken(folder, NO_IMAGES)

    def _matches(self, pattern: str) -> Iterator[InputItem]:
        paths = match_pattern(pattern)
        if not paths:
            yield self._broken(pattern, NO_MATCH)
        for path in paths:
            yield from self._folder(path) if os.path.isdir(path) else self._file(path)

    def _addresses(self, given: str) -> Iterator[InputItem]:
        try:
            urls = expand_url(given)
        except Exception as error:  # The packages of fsspec raise many kinds of errors.
            message = without_credentials(str(error) or type(error).__name__, given)
            yield self._broken(public_url(given), message)
            return
        if not urls:
            yield self._broken(public_url(given), NO_MATCH)
        for url in urls:
            yield from self._address(url)

    def _address(self, url: str) -> Iterator[InputItem]:
        label = public_url(url)
        try:
            parts = urllib.parse.urlsplit(label)
        except ValueError as error:
            yield self._broken(label, str(error))
            return
        stem = Path(urllib.parse.unquote(parts.path)).stem or parts.netloc or label
        if self._contact_urls:
            yield from self._contact(url, stem, label)
            return
        name = self._names.take(stem)
        opener = partial(self._contact, url, stem, label, name)
        loader = partial(self._load_address, url, label)
        yield InputItem(name, printable(label), loader, opener)

    def _contact(
        self, url: str, stem: str, label: str, name: str | None = None
    ) -> Iterator[InputItem]:
        """The items of a URL. An image has the given name, or a new one."""

        def item(loader: Callable[[], np.ndarray]) -> InputItem:
            return InputItem(name or self._names.take(stem), printable(label), loader)

        from pipeline.io.download import fetch_start  # slow to import

        try:
            data, is_whole = fetch_start(url, self._is_kept, self._timeout_s)
        except ImageReadError as error:
            yield item(partial(_fail, str(error)))
            return
        if is_document(data):
            for page in self._document(data, data, stem, label):
                is_image = page.source == printable(label)
                yield replace(page, name=name) if name is not None and is_image else page
        elif is_whole:
            self._kept_bytes += len(data) if self._contact_urls else 0
            yield item(partial(decode_image, data, label, self._max_pixels, self._strict))
        else:
            yield item(partial(self._load_address, url, label))

    def _is_kept(self, head: bytes) -> bool:
        """Whether to download a whole file before its turn: documents, and the first images."""
        return is_document(head) or self._kept_bytes < _MAX_KEPT_BYTES

    def _load_address(self, url: str, label: str) -> np.ndarray:
        from pipeline.io.download import fetch_url

        data = fetch_url(url, timeout_s=self._timeout_s)
        return decode_image(data, label, self._max_pixels, self._strict)

    def _standard_input(self) -> Iterator[InputItem]:
        data = sys.stdin.buffer.read()
        if is_document(data):
            yield from self._document(data, data, 'stdin', '-')
        else:
            loader = partial(decode_image, data, 'standard input', self._max_pixels, self._strict)
            yield self._item('stdin', '-', loader)

    def _document(
        self, document: str | bytes, head: bytes, stem: str, source: str
    ) -> Iterator[InputItem]:
        """The pages of a PDF or TIFF."""
        try:
            pages, damage = list_file_pages(document, head, source, self._password)
        except ImageReadError as error:
            yield self._item(self._document_names.take(stem), source, partial(_fail, str(error)))
            return
        if damage is not None:
            if self._strict:
                yield self._item(stem, source, partial(_fail, damage))
                return
            warnings.warn(ImageReadWarning(damage), stacklevel=2)
        if pages[0].number is not None:
            stem = self._document_names.take(stem)
        for page in pages:
            name = stem if page.number is None else f'{stem}-p{page.number:03d}'
            yield self._item(name, page.label, partial(page.load, self._max_pixels, self._strict))


def _first_bytes(path: str) -> bytes:
    try:
        with open(path, 'rb') as file:
            return file.read(16)
    except (OSError, ValueError):
        return b''


def _fail(message: str) -> np.ndarray:
    raise ImageReadError(message)
