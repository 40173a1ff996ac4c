"""The upstream: which service a session is held with, and the way there."""
