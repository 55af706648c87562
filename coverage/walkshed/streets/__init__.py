"""The walkable streets: rules, network, ties and diagnosis."""
