"""What is trained: the protocol, the compiled Keras epoch, and the presets."""
