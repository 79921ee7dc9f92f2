"""Parts through Ray Data: an autoscaling pool of actors with one spotter each."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.batch.part_folder import Part
from pipeline.batch.part_reader import PartReader, ReaderSettings

OBJECT_STORE_BYTES = 200_000_000
"""Memory of Ray's object store for a run on this machine. Images do not go through it."""


@dataclass(frozen=True)
class RaySettings:
    """The machines of a run.

    Args:
        address: Address of a Ray cluster, ``'auto'`` for the one of this machine, or None to start
            Ray on this machine for the run.
        num_gpus: Number of GPUs per actor, 0 or 1.
        concurrency: Largest number of actors. None uses what the cluster has.
    """

    address: str | None = None
    num_gpus: int = 0
    concurrency: int | None = None


class DonePart(NamedTuple):
    """A part that an actor has returned.

    ``failure`` is the message if the part could not be written, otherwise empty.
    """

    number: int
    inputs: int
    errors: int
    failure: str


def check_ray() -> None:
    """Check that Ray Data is installed.

    Raises:
        ImportError: If it is not; the message contains the command that installs it.
    """
    missing = [name for name in ('ray', 'pyarrow') if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f"clipter batch requires {missing[0]}: pip install -e '.[batch]'")


@contextlib.contextmanager
def ray_started(settings: RaySettings) -> Iterator[None]:
    """Connect to Ray, or start it on this machine: quiet, without dashboard and usage report.

    Raises:
        ValueError: If there is no cluster at the address, or no GPU on this machine.
    """
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
    os.environ.setdefault('RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO', '0')
    # Ray's C++ part writes advice for Ray Data to stderr.
    os.environ.setdefault('RAY_BACKEND_LOG_LEVEL', 'fatal')
    import ray
    import ray.data

    local: dict[str, Any] = (
        {'include_dashboard': False, 'object_store_memory': OBJECT_STORE_BYTES}
        if settings.address is None
        else {}
    )
    try:
        with _stderr_closed():
            ray.init(
                address=settings.address or 'local',
                logging_level=logging.ERROR,
                log_to_driver=False,
                **local,
            )
    except Exception as error:  # Ray raises Exception itself, among others.
        what = 'cannot start Ray' if settings.address is None else 'no Ray cluster'
        raise ValueError(f'{what} at {settings.address or "this machine"} ({error})') from error
    try:
        is_local = settings.address is None
        if is_local and settings.num_gpus > ray.cluster_resources().get('GPU', 0):
            raise ValueError('--num-gpus 1, but Ray sees no GPU on this machine: use --num-gpus 0')
        yield
    finally:
        ray.shutdown()


def read_parts(
    parts: Sequence[Part], reader: ReaderSettings, settings: RaySettings
) -> Iterator[DonePart]:
    """Read parts on the machines of Ray, inside :func:`ray_started`.

    A part whose process or machine dies is left out; ``reader.out.finished()`` lists the others.

    Args:
        parts: Parts to read.
        reader: Settings of the actors.
        settings: Machines.

    Yields:
        Parts in the order in which they are done.

    Raises:
        ValueError: If the actors cannot be started, for example because a file is missing there.
    """
    import ray
    from ray.data import ActorPoolStrategy

    _configure()
    largest = max(1, min(len(parts), settings.concurrency or len(parts)))
    pool = ActorPoolStrategy(
        min_size=1,
        max_size=largest,
        initial_size=min(largest, _capacity(reader.threads, settings.num_gpus)),
        # A part in the queue of an actor waits for it, even if another one is idle.
        max_tasks_in_flight_per_actor=2,
    )
    source = ray.data.from_items(
        [{'number': part.number, 'inputs': json.dumps(part.inputs)} for part in parts],
        override_num_blocks=len(parts),
    )
    with warnings.catch_warnings():
        # Ray 2.64 removes the options of actors; pyproject.toml requires an earlier version.
        warnings.simplefilter('ignore')
        data = source.map_batches(
            PartReader,
            fn_constructor_args=(reader,),
            batch_size=1,
            batch_format='numpy',
            num_cpus=reader.threads,
            num_gpus=settings.num_gpus or None,
            compute=pool,
            # The driver reads lost parts again: the actor may have no machine to restart on, and
            # an image that ends its process would end it forever.
            max_restarts=-1,
            max_task_retries=0,
        )
    try:
        for batch in data.iter_batches(batch_size=None, batch_format='numpy', prefetch_batches=0):
            for number, inputs, errors, failure in zip(
                batch['number'], batch['inputs'], batch['errors'], batch['failure']
            ):
                yield DonePart(int(number), int(inputs), int(errors), str(failure))
    except ray.exceptions.RayError as error:
        reason = str(error).strip().split('\n')[-1]
        raise ValueError(f'no spotter can be started on the machines: {reason}') from error


@contextlib.contextmanager
def _stderr_closed() -> Iterator[None]:
    """Discard what C++ code writes to stderr, such as that a log level is set."""
    saved, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)


def _capacity(threads: int, num_gpus: int) -> int:
    """Number of actors for which the cluster has resources now, at least 1."""
    import ray

    resources = ray.cluster_resources()
    counts = [resources.get('CPU', 0) // threads]
    if num_gpus:
        counts.append(resources.get('GPU', 0) // num_gpus)
    return max(1, int(min(counts)))


def _configure() -> None:
    from ray.data import DataContext

    for name in ('ray', 'ray.data'):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context: Any = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # Rows are a line per part. Ray reserves this size per task in the object store.
    context.target_max_block_size = 1 << 20
    context.max_errored_blocks = -1
