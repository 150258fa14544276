"""Jobs: plan -> guard -> journal -> run. A plan is shown before anything is acted on, then frozen into items.

The journal in the register is the truth: an item is claimed, acted, read back and recorded, so that a stop at any point
leaves a job that goes on where it was.
"""
