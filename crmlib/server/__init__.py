"""The web server: Voila, serving the workbench to people without a line of Python in sight."""
