"""A company to look at, try things on and measure with: two years of records drawn from a seed. `fill_demo` is the way in."""
