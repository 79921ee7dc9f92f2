"""Several training processes on CPUs, or more than there are GPUs: MMEngine wants a GPU each."""

from __future__ import annotations

import os

import torch
from mmengine.config import Config
from torch import distributed

# What each launcher calls a process's number, their count, and its number on its machine.
_VARIABLES = {
    'pytorch': ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'),
    'slurm': ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID'),
    'mpi': ('OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_RANK'),
}


def join_processes(config: Config, launcher: str) -> None:
    """Prepare a run over several processes, on GPUs (NCCL) or on CPUs (gloo).

    MMEngine's own start-up asks for a GPU; without one the processes are joined here, and the
    model is wrapped without device numbers, as torch wants it. Where ``torchrun`` starts more
    processes on a machine than it has GPUs they share these, by gloo: NCCL wants a GPU each. That
    pays where targets are drawn on the CPU by the process itself, as those of DBNet.

    Args:
        config: Of the run; ``launcher``, on CPUs ``model_wrapper_cfg``, and for processes that
            share GPUs ``env_cfg.dist_cfg.backend`` are set in it.
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.

    Raises:
        ValueError: If this process was not started by that launcher.
    """
    config.launcher = launcher
    if launcher == 'none':
        return
    values = [os.environ.get(name) for name in _VARIABLES[launcher]]
    if None in values:
        start = {'pytorch': 'torchrun --nproc_per_node 2', 'slurm': 'srun', 'mpi': 'mpirun'}
        raise ValueError(
            f'--launcher {launcher}, but {_VARIABLES[launcher][values.index(None)]} is not set. '
            f'Start with: {start[launcher]} tools/train.py CONFIG --launcher {launcher}'
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
    """Give each process of a machine the GPU of its turn, where there are fewer GPUs."""
    gpus = torch.cuda.device_count()
    if launcher != 'pytorch' or int(os.environ.get('LOCAL_WORLD_SIZE', '1')) <= gpus:
        return
    os.environ['LOCAL_RANK'] = str(int(os.environ['LOCAL_RANK']) % gpus)
    config.merge_from_dict({'env_cfg.dist_cfg.backend': 'gloo'})


def leave_processes() -> None:
    """Take this process out of the group again, where it is in one."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
