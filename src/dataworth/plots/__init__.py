"""Pictures: numbers first, then matplotlib axes."""
