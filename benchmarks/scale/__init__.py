"""A nation of any size, and what surveying it costs."""
