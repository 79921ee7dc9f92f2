"""Description of a data set: layout, owners, terms and reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts

Task = Literal['textdet', 'textrecog', 'textspotting']
TASKS: tuple[Task, ...] = ('textdet', 'textrecog', 'textspotting')


@dataclass(frozen=True)
class DatasetEntry:
    """One data set.

    Attributes:
        name: Name on the command line.
        title: Full name.
        task: ``textspotting`` (images with words, which can be converted for all tasks) or
            ``textrecog`` (crops).
        read_splits: Function that reads every split that is found. Raises ``MissingFiles`` if no
            split is found or a split is incomplete, and ValueError for malformed files.
        layout: Expected files under the root, one per line.
        url: Download page of the owners.
        licence: Terms of use.
        size: Size of the archives, as text.
        language: Language of the words.
        published: Counts per split, as published by the owners.
        wanted: Required files per split, used in the 'split not found' message.
        by_lexicon: Whether words outside the data set's lexicon are not annotated, so that spotting
            has to be scored with the lexicon.
    """

    name: str
    title: str
    task: Task
    read_splits: Callable[[Path], list[DatasetSplit]]
    layout: str
    url: str
    licence: str
    size: str
    language: str
    published: Mapping[str, SplitCounts]
    wanted: Mapping[str, str]
    by_lexicon: bool = False

    def read(self, root: Path) -> list[DatasetSplit]:
        """Read every split under ``root``.

        Raises:
            MissingFiles: If files are missing. The message lists them, the expected layout and the
                URL.
            ValueError: If a file is malformed. The message contains file and line.
        """
        try:
            return self.read_splits(root)
        except MissingFiles as error:
            raise MissingFiles(error.missing, hint=self.describe(root)) from None

    def describe(self, root: Path) -> str:
        """The expected layout and the URL, as text."""
        tree = '\n'.join(f'  {line}' for line in self.layout.strip('\n').splitlines())
        return f'{self.title} is expected as\n{root}/\n{tree}\nGet it from {self.url}'
