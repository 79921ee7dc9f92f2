"""Settings of the experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Settings of the experiments.

    Attributes:
        out: Folder of checkpoints, caches and reports. Finished runs in it are not repeated.
        tower: Architecture of the image tower, a name of open_clip or ``clipter-lite0``.
        pretrained: Weights of the tower: a tag or a file.
        data: Folders of training crops that ``clipter cut-words`` wrote.
        tests: Name -> MMOCR JSON of a test set.
        iters: Training iterations of each run.
        plain_iters: Training iterations of the plain recognizers that have no start weights.
        seeds: Seeds of the trainings.
        starts: Architecture -> weights of the plain recognizer. The default recognizer starts from
            the embedded weights.
        imagenet: Weights of the ImageNet control, a file; None skips this control.
        photos: Largest number of test images per set; None uses all.
        misleading: Number of misspelled words in the test with misleading context.
        workers: Number of processes that load crops.
        device: Device of trainings and measurements.
    """

    out: Path
    tower: str
    pretrained: str | None
    data: tuple[Path, ...]
    tests: Mapping[str, Path]
    iters: int = 2000
    plain_iters: int = 20_000
    seeds: tuple[int, ...] = (0,)
    starts: Mapping[str, str] = field(default_factory=dict)
    imagenet: str | None = None
    photos: int | None = None
    misleading: int = 200
    workers: int = 1
    device: str = 'cpu'

    def claimed(self) -> dict[str, object]:
        """The settings on which results depend, as JSON values."""
        return {
            'tower': self.tower,
            'pretrained': self.pretrained,
            'data': [str(path) for path in self.data],
            'tests': {name: str(path) for name, path in self.tests.items()},
            'iters': self.iters,
            'plain_iters': self.plain_iters,
            'starts': dict(self.starts),
            'imagenet': self.imagenet,
            'photos': self.photos,
            'misleading': self.misleading,
        }
