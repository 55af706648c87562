"""Finding places: from names and addresses to coordinates that can be trusted."""
