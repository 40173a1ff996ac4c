"""The relay's own side of the network: the WebSocket endpoint, the probes, and the end of the process."""
