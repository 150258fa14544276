"""Jobs: plans carried out, stopped, and gone on with."""
