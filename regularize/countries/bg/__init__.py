"""Bulgaria: what cannot be said in TOML."""
