"""Plans: what to run next."""
