"""The corridor of a report: definition -> plan -> secured plan -> statement -> rows -> result."""
