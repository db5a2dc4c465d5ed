"""Many simulations of one model in lock step: SBML to machine code."""
