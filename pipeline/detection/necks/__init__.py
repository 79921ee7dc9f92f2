import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from pipeline.detection.necks.large_kernel_pan import LargeKernelPAN
from pipeline.detection.necks.rep_lk_fpn import RepLKFPN

__all__ = ['LargeKernelPAN', 'RepLKFPN']
