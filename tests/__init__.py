"""Tests, in folders named like the rooms of the package; CONTRIBUTING.md tells the others."""
