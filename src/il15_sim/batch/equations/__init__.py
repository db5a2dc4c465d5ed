"""From an SBML text to differential equations, their Jacobian and their conditions."""
