"""Fits of a modeller's own table: any observables of any model; `fit_table` is the entrance."""
