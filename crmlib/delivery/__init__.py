"""Reports that run by themselves: when they are due, the Papermill run, what is kept of it."""
