"""The weights of correlation: fixed, versioned and shipped. Only how common a name is, is learned from a register.

Got by tests/benchmarks/learn_weights.py, which counts the levels of the traits among pairs whose class is known, on
made-up schools (see docs/matching.md). CLASSES: the same person, somebody else of the family, an unrelated person, a
namesake. PRIORS: their shares among the records that an account is compared with, but for the same person. NOBODY: the
weight of there being no other record of this person, against one candidate of even odds. WEIGHTS: for each class and
trait the probabilities of the levels, in the order of tui.domain.correlation_levels.TRAITS.
"""

from collections.abc import Mapping

VERSION = 1
CLASSES = ("same", "family", "unrelated", "namesake")
PRIORS: Mapping[str, float] = {"family": 0.413, "namesake": 0.499, "unrelated": 0.087}
NOBODY = 2.0

WEIGHTS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "same": {
        "given": (0.0041, 0.0124, 0.0145, 0.0072, 0.0121, 0.002, 0.0428, 0.9048),
        "surname": (0.002, 0.1305, 0.002, 0.01, 0.018, 0.0044, 0.002, 0.8311),
        "sex": (0.1152, 0.002, 0.8828),
        "email": (0.0592, 0.1829, 0.0392, 0.1492, 0.5694),
        "mobile": (0.0575, 0.0789, 0.0188, 0.1235, 0.7212),
        "address": (0.0584, 0.1494, 0.7921),
        "children": (0.0819, 0.1393, 0.002, 0.7768),
        "role": (0.2337, 0.002, 0.7643),
    },
    "family": {
        "given": (0.0037, 0.8949, 0.0044, 0.0131, 0.0158, 0.0044, 0.0163, 0.0474),
        "surname": (0.002, 0.4617, 0.002, 0.0105, 0.0071, 0.0032, 0.002, 0.5117),
        "sex": (0.1158, 0.7281, 0.1561),
        "email": (0.0294, 0.7122, 0.0252, 0.1039, 0.1293),
        "mobile": (0.0247, 0.8459, 0.003, 0.0826, 0.0438),
        "address": (0.0253, 0.4007, 0.574),
        "children": (0.0409, 0.0377, 0.002, 0.9194),
        "role": (0.6451, 0.133, 0.2218),
    },
    "unrelated": {
        "given": (0.002, 0.3745, 0.002, 0.1928, 0.4205, 0.002, 0.002, 0.0043),
        "surname": (0.002, 0.1549, 0.002, 0.002, 0.002, 0.033, 0.002, 0.8022),
        "sex": (0.168, 0.5733, 0.2586),
        "email": (0.0309, 0.888, 0.0772, 0.002, 0.002),
        "mobile": (0.0297, 0.9632, 0.002, 0.0031, 0.002),
        "address": (0.0113, 0.8265, 0.1622),
        "children": (0.0553, 0.9407, 0.002, 0.002),
        "role": (0.9647, 0.0333, 0.002),
    },
    "namesake": {
        "given": (0.002, 0.002, 0.002, 0.002, 0.002, 0.1716, 0.0633, 0.7553),
        "surname": (0.002, 0.002, 0.002, 0.002, 0.002, 0.0142, 0.002, 0.974),
        "sex": (0.2295, 0.0584, 0.712),
        "email": (0.0414, 0.7998, 0.153, 0.002, 0.0038),
        "mobile": (0.0317, 0.9581, 0.002, 0.0046, 0.0036),
        "address": (0.0213, 0.9741, 0.0046),
        "children": (0.0597, 0.9363, 0.002, 0.002),
        "role": (0.978, 0.0201, 0.002),
    },
}
