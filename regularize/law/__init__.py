"""Procedures and deadlines: where a case stands follows from dated events, on any day."""
