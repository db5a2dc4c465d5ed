"""What the patient must show, and over how large a region of the assumed parameters it does."""
