"""Where do facts come from, and where are they kept."""
