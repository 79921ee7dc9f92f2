"""The HTTP server: images in requests, words in answers, and a web page."""
