"""Who may speak: where credentials are found, and whose they are."""
