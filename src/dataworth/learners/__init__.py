"""What is trained: the protocol, the compiled Keras epoch, and the presets."""

from dataworth.learners.base import Budget, Checkpoints, Epoch, Learner, Task, Trained, Watch
from dataworth.learners.registry import resolve

__all__ = ["Budget", "Checkpoints", "Epoch", "Learner", "Task", "Trained", "Watch", "resolve"]
