"""Engines that the benchmark compares: one adapter per file."""
