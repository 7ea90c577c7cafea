"""What comes in in bulk: other systems' exports, by a mapping."""
