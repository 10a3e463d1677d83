"""The toolkit that carries a home from a survey file to a dossier: see DESIGN.md."""

__version__ = "0.1.0"
