"""Numbered migrations, forward only: NNNN.sql takes the register from version NNNN-1 to NNNN."""
