from .rep_lk_fpn import RepLKFPN

__all__ = ['RepLKFPN']
