"""How the weights of correlation were got: counted on made-up schools whose truth is known, seeds below TUNED only.

`python -m tests.benchmarks.learn_weights` prints tui/domain/correlation_weights.py's tables. For every account that is
ready to revoke and every record it is compared with, the class is known: the same person, somebody of the family (who
shares a child, or has the place of a partner), a namesake (given name and surname agree), else unrelated. Of each class
the levels of each trait are counted, and a little is added to each, so that nothing is held to be impossible.
"""

from collections import Counter
from collections.abc import Iterable

from tests.benchmarks.correlation import subjects_of
from tests.benchmarks.handover_school import handover_school
from tui.domain.correlation import Correlator
from tui.domain.correlation_levels import TRAITS, Levels
from tui.domain.names import Agreement

_SIZES = {5_000: range(1, 7), 20_000: range(11, 13)}
_LITTLE = 0.002


def _class_of(levels: Levels, code: str, truth: str | None, partners: Iterable[str]) -> str:
    if code == truth:
        return "same"
    if code in partners or levels.shared:
        return "family"
    return "namesake" if min(levels.given, levels.surname) >= Agreement.PART else "unrelated"


def main() -> None:
    """Count, and print the tables."""
    counts: dict[str, dict[str, Counter[int]]] = {}
    pairs: Counter[str] = Counter()
    for size, seeds in _SIZES.items():
        for seed in seeds:
            school = handover_school(seed, size)
            correlator = Correlator(subjects_of(school))
            for query, truth in school.truth.items():
                for code, levels in correlator.compared(query):
                    name = _class_of(levels, code, truth, school.partners[query])
                    pairs[name] += 1
                    of_class = counts.setdefault(name, {})
                    for trait in TRAITS:
                        of_class.setdefault(trait, Counter())[getattr(levels, trait)] += 1
    others = sum(count for name, count in pairs.items() if name != "same")
    print("PRIORS =", {name: round(count / others, 3) for name, count in sorted(pairs.items()) if name != "same"})
    for name, traits in sorted(counts.items()):
        print(f'    "{name}": {{')
        for trait, levels_of in TRAITS.items():
            total = sum(traits[trait].values())
            shares = [
                (traits[trait][n] / total + _LITTLE) / (1 + _LITTLE * len(levels_of)) for n in range(len(levels_of))
            ]
            print(f'        "{trait}": ({", ".join(f"{share:.4f}" for share in shares)}),')
        print("    },")


if __name__ == "__main__":
    main()
