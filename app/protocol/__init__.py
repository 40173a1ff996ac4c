"""The language: what the Realtime API says, in both of its generations. Pure."""
