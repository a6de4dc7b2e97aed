"""What people on duty have to do."""
