"""Walks on the network: access, nearest venues and routes."""
