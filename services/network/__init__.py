"""A service's own copy of the network model: tables that follow outage.network, and what decisions ask of them."""
