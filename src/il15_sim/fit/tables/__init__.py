"""Tables of one's own as the rows of a fit."""
