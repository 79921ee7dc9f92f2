"""Published layouts of data sets -> MMOCR JSON."""
