"""Scenarios: what a study would be if venues, gates, streets or people were others; and what that changes."""
