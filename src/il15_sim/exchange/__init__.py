"""PEtab."""
