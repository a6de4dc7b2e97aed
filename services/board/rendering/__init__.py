"""The renderer: reads the published views, renders, writes snapshots, and hands them to fronts."""
