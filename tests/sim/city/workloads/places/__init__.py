"""Who lives where, and what feeds them: the registry and the network change."""
