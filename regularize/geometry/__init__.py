"""Areas, measures, repair and alignment of polygons: pure functions in a metric CRS."""
