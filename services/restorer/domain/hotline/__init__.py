"""How soon the utility's telephone is answered, hour by hour, as the call centre says. Pure."""
