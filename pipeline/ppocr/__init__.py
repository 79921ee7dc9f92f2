"""Published PP-OCRv6 weights, brought into this package's modules."""
