"""One record at a time: read, create, update, delete, restore; always as a user, with their rights."""
