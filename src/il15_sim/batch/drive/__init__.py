"""The driver: steps, doses, conditions and endpoints of many rows, in the typed words."""
