"""Work from a file to a results folder: run a scenario, fit, reproduce everything."""
