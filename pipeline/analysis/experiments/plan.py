"""The runs of the experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LITE0 = 'recognition/ppocrv6-small_clipter-lite0'
CONFIGS = {
    'ppocrv6': f'{_LITE0}-kinf_gated-early_synth-real',
    'parseq': 'recognition/parseq-small_clip-vit-b32-kinf_gated-early_scenes',
    'parseq-compact': 'recognition/parseq-compact_clip-vit-b32-kinf_gated-early_scenes',
    'satrn': 'recognition/satrn-small_clip-vit-b32-kinf_gated-early_scenes',
    'crnn': 'recognition/crnn_clip-vit-b32-kinf_gated-early_scenes',
    'parseq-lcnet': 'recognition/parseq-lcnet_clipter-lite0-kinf_gated-early_synth-real',
    'satrn-lcnet': 'recognition/satrn-lcnet_clipter-lite0-kinf_gated-early_synth-real',
    'crnn-lcnet': 'recognition/crnn-lcnet_clipter-lite0-kinf_gated-early_synth-real',
}
"""Architecture -> config with gated attention, k = infinity, early."""

PLAIN_CONFIGS = {
    'parseq': 'recognition/parseq-small_words',
    'parseq-compact': 'recognition/parseq-compact_words',
    'satrn': 'recognition/satrn-small_words',
    'crnn': 'recognition/crnn_words',
    'parseq-lcnet': 'recognition/parseq-lcnet_synth-real',
    'satrn-lcnet': 'recognition/satrn-lcnet_synth-real',
    'crnn-lcnet': 'recognition/crnn-lcnet_synth-real',
}
"""Architecture -> config of the plain recognizer's training."""

SHARES = (0.1, 0.3)


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        name: Name of the run, also of its folder.
        group: Experiment that the run belongs to.
        title: Row title in the tables.
        config: Name of the config.
        arch: Architecture, a key of ``CONFIGS``.
        control: Run with the same steps without context; None for such a run itself.
        stage: Stage of the fusion; None is that of the config.
        tower: ``'own'``, ``'random'`` or ``'imagenet'``.
        shuffled: Whether each word is trained with the scene of another image.
        share: Share of the training images.
        from_scratch: Whether this run trains a plain recognizer, where others start from.
        trains: Whether the run trains at all.
        only_fusion: Whether only the fusion is trained.
    """

    name: str
    group: str
    title: str
    config: str
    arch: str = 'ppocrv6'
    control: str | None = 'control'
    stage: str | None = None
    tower: str = 'own'
    shuffled: bool = False
    share: float = 1.0
    from_scratch: bool = False
    trains: bool = True
    only_fusion: bool = False

    @property
    def with_context(self) -> bool:
        """Whether the run trains with context."""
        return self.control is not None


def plan_runs(starts: Sequence[str], with_imagenet: bool) -> list[Run]:
    """All runs, each after the runs that it depends on.

    Args:
        starts: Architectures that have start weights.
        with_imagenet: Whether there are weights for the ImageNet control.
    """
    base = CONFIGS['ppocrv6']
    runs = [
        Run('default', 'control', 'embedded default', base, control=None, trains=False),
        Run('control', 'control', 'continued without context', base, control=None),
        Run('only-fusion', '1 gated attention, early', 'only the fusion trained, k = inf, early',
            base, control='default', only_fusion=True),
        Run('gated-early', '1 gated attention, early', 'gated attention, k = inf, early', base),
        Run('gated-early-k2', '1 gated attention, early', 'gated attention, k = 2, early',
            f'{_LITE0}-k2_gated-early_synth-real'),
        Run('mhca-early', '2 MH-CA mini', 'MH-CA mini, k = inf, early',
            f'{_LITE0}-kinf_mhca-mini-early_synth-real'),
        Run('mhca-early-k2', '2 MH-CA mini', 'MH-CA mini, k = 2, early',
            f'{_LITE0}-k2_mhca-mini-early_synth-real'),
        Run('gated-late', '3 late', 'gated attention, k = inf, late',
            f'{_LITE0}-kinf_gated-late_synth-real'),
        Run('mhca-late-k2', '3 late', 'MH-CA mini, k = 2, late',
            f'{_LITE0}-k2_mhca-mini-late_synth-real'),
        Run('shuffled', '4 controls', 'shuffled scenes', base, shuffled=True),
        Run('random-tower', '4 controls', 'random tower', base, tower='random'),
    ]  # fmt: skip
    if with_imagenet:
        runs.append(Run('imagenet-tower', '4 controls', 'ImageNet tower', base, tower='imagenet'))
    for arch in PLAIN_CONFIGS:
        config, group, control = CONFIGS[arch], '5 architectures', f'{arch}-control'
        if arch not in starts:
            runs.append(
                Run(f'{arch}-plain', group, f'{arch}, plain training', config, arch, None,
                    from_scratch=True)
            )  # fmt: skip
        runs += [
            Run(control, group, f'{arch}, continued without context', config, arch, None),
            Run(f'{arch}-early', group, f'{arch}, early', config, arch, control, 'early'),
            Run(f'{arch}-late', group, f'{arch}, late', config, arch, control, 'late'),
        ]
    for share in SHARES:
        percent = f'{100 * share:.0f}'
        group, control = '6 shares of the data', f'control-{percent}'
        runs += [
            Run(control, group, f'{percent} % of the images, without context', base, control=None,
                share=share),
            Run(f'gated-early-{percent}', group, f'{percent} % of the images, gated attention',
                base, control=control, share=share),
        ]  # fmt: skip
    return runs


def choose_runs(runs: Sequence[Run], names: Sequence[str]) -> list[Run]:
    """The named runs and those that they depend on, in the order of ``runs``.

    Args:
        runs: All runs.
        names: Names of runs, or the number of an experiment, ``'1'`` to ``'6'``.

    Raises:
        ValueError: If a name is unknown.
    """
    known = {run.name for run in runs} | {run.group[0] for run in runs if run.group[0].isdigit()}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ValueError(
            f'no run {", ".join(unknown)}: wanted a number from 1 to 6 or one of '
            f'{", ".join(run.name for run in runs)}.'
        )
    wanted = {run.name for run in runs if {run.name, run.group[0]} & set(names)}
    for run in reversed(runs):
        if run.name in wanted:
            wanted |= {run.control} if run.control else set()
    archs = {run.arch for run in runs if run.name in wanted}
    wanted |= {run.name for run in runs if run.from_scratch and run.arch in archs}
    return [run for run in runs if run.name in wanted]
