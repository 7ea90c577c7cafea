"""A report's result on paper and on screen: one layout, many outputs."""
