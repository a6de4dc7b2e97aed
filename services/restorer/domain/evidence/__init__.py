"""What meters and customers say of a restoration: where they deny it, and whether meters prove it. Pure."""
