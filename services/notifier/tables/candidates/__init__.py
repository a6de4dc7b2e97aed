"""What is looked up of the places of customers whom a fan-out looks at, one by one."""
