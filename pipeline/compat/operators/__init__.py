"""The operators of mmcv that MMOCR's models need, one a file, on CPU and CUDA alike.

Each has the name and the call of its counterpart in mmcv 2.0.1's compiled module, so the
Python side of ``mmcv.ops`` (its modules, parameter names and autograd functions) works as it
is. Where the compiled operator fills a tensor it is given, so does ours.
"""
