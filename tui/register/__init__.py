"""The register: one SQLite file with what the school knows, the accounts, the jobs and the audit chain.

All SQL of the house lives in this room. Callers hand in a `Database` and plain values and get NamedTuples and the facts
of `tui.domain` back; times come in as arguments. What a table means is said where it is made, in migrations/.
"""
