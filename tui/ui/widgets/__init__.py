"""What screens are made of: lines of text that repaint only where they changed, and what is built on them."""
