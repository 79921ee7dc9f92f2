from .large_kernel_pan import LargeKernelPAN
from .rep_lk_fpn import RepLKFPN

__all__ = ['LargeKernelPAN', 'RepLKFPN']
