"""The demo: rooms of the app alone. Nothing here is shipped in the distribution."""
