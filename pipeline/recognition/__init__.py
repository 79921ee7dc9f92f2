"""Recognizers: crops in, texts out.

``ctc_reader``, ``crop_groups`` and ``language`` are free of torch.
"""
