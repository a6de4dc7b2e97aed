"""The public board: what anybody may read about power cuts, as pages and feeds that stand in a storm."""
