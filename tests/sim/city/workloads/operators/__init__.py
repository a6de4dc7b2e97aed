"""What people on duty do meanwhile: stop lanes, set aside, change rules, begin second workers."""
