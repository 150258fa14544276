"""The command line's verbs that have rooms of their own, and what all verbs share: options, and carrying a plan out."""
