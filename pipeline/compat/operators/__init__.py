"""The operators of mmcv that MMOCR's models require, one per file, for CPU and CUDA.

Each operator has the name and signature of its counterpart in mmcv 2.0.1's compiled module, so
the Python side of ``mmcv.ops`` (its modules, parameter names and autograd functions) works
unchanged. Output tensors are arguments that are filled in place, as in the compiled operators.
"""
