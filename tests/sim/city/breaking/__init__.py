"""What befalls a city: processes, connections, broker, database, provider; and a database put back to what it was."""
