"""Several training processes on CPUs, or more than GPUs: MMEngine requires one GPU each."""

from __future__ import annotations

import os

import torch
from mmengine.config import Config
from torch import distributed

# Per launcher: variables of the rank, the number of processes and the rank on the machine.
_VARIABLES = {
    'pytorch': ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'),
    'slurm': ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID'),
    'mpi': ('OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_RANK'),
}


def join_processes(config: Config, launcher: str) -> None:
    """Prepare a run over several processes, on GPUs (NCCL) or on CPUs (gloo).

    MMEngine's own start-up requires a GPU. Without a GPU this function creates the process group,
    and the model is wrapped without device ids, as torch requires on CPUs. If ``torchrun`` starts
    more processes on a machine than it has GPUs, the processes share the GPUs and use gloo, since
    NCCL requires one GPU per process. Sharing is faster if each process computes its targets on
    the CPU, as DBNet does.

    Args:
        config: Config of the run. ``launcher`` is set in it, ``model_wrapper_cfg`` on CPUs, and
            ``env_cfg.dist_cfg.backend`` for processes that share GPUs.
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.

    Raises:
        ValueError: If another program started this process.
    """
    config.launcher = launcher
    if launcher == 'none':
        return
    values = [os.environ.get(name) for name in _VARIABLES[launcher]]
    if None in values:
        start = {
            'pytorch': 'torchrun --nproc_per_node 2',
            'slurm': 'srun python',
            'mpi': 'mpirun python',
        }
        raise ValueError(
            f'--launcher {launcher}, but {_VARIABLES[launcher][values.index(None)]} is not set. '
            f'Start with: {start[launcher]} -m pipeline.cli train CONFIG '
            f'--launcher {launcher}'
        )
    if torch.cuda.is_available():
        _share_gpus(config, launcher)
        return
    for name, value in zip(_VARIABLES['pytorch'], values):
        os.environ[name] = str(value)
    os.environ.setdefault('MASTER_ADDR', '127.0.0.1')
    os.environ.setdefault('MASTER_PORT', '29500')
    distributed.init_process_group('gloo')
    config.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel',
        device_ids=None,
        broadcast_buffers=False,
        find_unused_parameters=config.get('find_unused_parameters', False),
    )


def _share_gpus(config: Config, launcher: str) -> None:
    """Assign GPUs in turn to the processes of a machine with fewer GPUs than processes."""
    gpus = torch.cuda.device_count()
    if launcher != 'pytorch' or int(os.environ.get('LOCAL_WORLD_SIZE', '1')) <= gpus:
        return
    os.environ['LOCAL_RANK'] = str(int(os.environ['LOCAL_RANK']) % gpus)
    config.merge_from_dict({'env_cfg.dist_cfg.backend': 'gloo'})


def leave_processes() -> None:
    """Destroy the process group of this process, if there is one."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
