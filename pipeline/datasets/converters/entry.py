"""What there is to know about a data set: its layout, owners, terms and reader."""

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
        name: As on the command line.
        title: As its owners call it.
        task: ``textspotting`` (photos with words, which give all tasks) or ``textrecog`` (crops).
        read_splits: Reads every split that is there; raises ``MissingFiles`` where there is none
            or one is incomplete, and ValueError for malformed files.
        layout: The tree that is expected under the root, one line an item.
        url: Where its owners give it out.
        licence: Terms of use.
        size: Of the archives, in words.
        language: Of the words.
        published: Counts by split, as the owners state.
        wanted: What a split needs under the root, by split, for the line about one that is absent.
        by_lexicon: Whether words outside the set's lexicon are not annotated, so that spotting is
            scored with a lexicon.
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
            MissingFiles: With everything that is missing, the expected tree and where to get it.
            ValueError: For malformed files, naming file and line.
        """
        try:
            return self.read_splits(root)
        except MissingFiles as error:
            raise MissingFiles(error.missing, hint=self.describe(root)) from None

    def describe(self, root: Path) -> str:
        """The expected tree and where to get it."""
        tree = '\n'.join(f'  {line}' for line in self.layout.strip('\n').splitlines())
        return f'{self.title} is expected as\n{root}/\n{tree}\nGet it from {self.url}'
