"""What a person gets: results folders of scenarios and fits, and the report made from them."""
