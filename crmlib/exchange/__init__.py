"""What goes in and out in bulk: other systems' exports by a mapping, and the demo organisation."""
