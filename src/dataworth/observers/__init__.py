"""Observers: objects that are notified of a study's progress."""
