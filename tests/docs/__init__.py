"""What README and docs/ say, held to the program: verbs, options, exit codes, examples with their output, links."""
