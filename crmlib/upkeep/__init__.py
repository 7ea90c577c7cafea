"""Keeping a base whole: backup, restore, and finding damage."""
