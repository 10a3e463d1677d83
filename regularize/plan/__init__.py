"""Facts of homes and blocks from the layers: pure functions."""
