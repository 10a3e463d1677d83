"""One verb per module; the only room that knows intake, store, detect, plan and publish."""
