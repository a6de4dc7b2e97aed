"""Lines of the network that are never switched, and outages of them: what the services say of these is known beforehand."""
